package dev.slipway.cli;

import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.Evaluation;
import dev.slipway.evaluation.EvaluationResult;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Samples;
import dev.slipway.quantization.AccuracyMeasure;
import dev.slipway.quantization.GraphExecution;
import dev.slipway.tensor.ValueType;
import java.util.Map;
import java.util.function.Consumer;

/** The accuracy by the first metric of a data set. Samples stay in memory where they fit, as many models see them. */
final class DatasetAccuracy implements AccuracyMeasure {
  private static final int HEAP_SHARE = 6;

  private final Dataset dataset;
  private final Processing processing;
  private final Map<String, ValueType> inputs;
  private final Consumer<String> progress;
  private final Evaluation evaluation;
  private String metric = "accuracy";

  DatasetAccuracy(
      Dataset dataset, Processing processing, Map<String, ValueType> inputs, Consumer<String> progress) {
    this.dataset = dataset;
    this.processing = processing;
    this.inputs = inputs;
    this.progress = progress;
    Samples samples = cached(Samples.of(dataset, processing.input(), inputs));
    this.evaluation = Evaluation.of(samples, processing.output()).withProgress(progress);
  }

  /** Samples of which a part of the heap may be taken. */
  static Samples cached(Samples samples) {
    return samples.cached(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  @Override
  public double of(GraphExecution model) {
    EvaluationResult result = evaluation.run(model::run);
    metric = result.values().keySet().iterator().next();
    return result.accuracy();
  }

  @Override
  public AccuracyMeasure spread(int samples) {
    return samples >= dataset.size()
        ? this
        : new DatasetAccuracy(Datasets.spread(dataset, samples), processing, inputs, progress);
  }

  /** The name of the metric, once a model was measured. */
  String metric() {
    return metric;
  }
}
