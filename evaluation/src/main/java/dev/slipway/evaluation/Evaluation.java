package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Inference;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Runs models over samples and compares what they predict with what is known. Immutable; the same evaluation serves any
 * number of models, one after another:
 *
 * <pre>{@code
 * Evaluation evaluation = Evaluation.of(samples, processing.output());
 * double before = evaluation.run(float32::run).accuracy();
 * double after = evaluation.run(int8::run).accuracy();
 * }</pre>
 *
 * @param batch samples that go through a model at once, where they have the same shapes
 * @param progress told lines of the form {@code evaluating: 3 of 89 samples}
 */
public record Evaluation(Samples samples, OutputProcessing output, int batch, Consumer<String> progress) {

  public Evaluation {
    if (batch < 1) {
      throw new SlipwayException("batch: " + batch + " (expected: >= 1)");
    }
  }

  /** One sample at a time, silently. */
  public static Evaluation of(Samples samples, OutputProcessing output) {
    return new Evaluation(samples, output, 1, line -> {});
  }

  public Evaluation withBatch(int size) {
    return new Evaluation(samples, output, size, progress);
  }

  public Evaluation withProgress(Consumer<String> listener) {
    return new Evaluation(samples, output, batch, listener);
  }

  /**
   * Runs a model over all samples. The first batch runs twice, the first time untimed.
   *
   * @throws SlipwayException where there are no samples, or one of them is broken, has no label, or does not suit the
   *     model; the message names it
   */
  public EvaluationResult run(Inference network) {
    List<Metric> metrics = output.metrics();
    LongStream.Builder nanos = LongStream.builder();
    int done = 0;
    long start = System.nanoTime();
    try (Stream<Sample> stream = samples.stream()) {
      Iterator<Batch> batches = Batch.group(stream.iterator(), batch);
      while (batches.hasNext()) {
        Batch next = batches.next();
        if (done == 0) {
          network.run(next.inputs());
        }
        long before = System.nanoTime();
        Map<String, Tensor> outputs = network.run(next.inputs());
        long each = (System.nanoTime() - before) / next.size();
        for (int i = 0; i < next.size(); i++) {
          nanos.add(each);
          take(next.samples().get(i), next.outputs(outputs, i), metrics);
        }
        done += next.size();
        progress.accept("evaluating: " + done + " of " + samples.size() + " samples");
      }
    }
    if (done == 0) {
      throw new SlipwayException("samples: 0 (expected: at least 1)");
    }
    return new EvaluationResult(
        values(metrics), done, Latency.of(nanos.build().toArray()), (System.nanoTime() - start) / 1e9);
  }

  private void take(Sample sample, Map<String, Tensor> outputs, List<Metric> metrics) {
    try {
      Prediction prediction = output.predict(outputs, sample);
      metrics.forEach(metric -> metric.add(prediction, sample.label()));
    } catch (SlipwayException e) {
      throw new SlipwayException(sample.name() + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, Double> values(List<Metric> metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    metrics.forEach(metric -> values.putAll(metric.values()));
    return values;
  }
}
