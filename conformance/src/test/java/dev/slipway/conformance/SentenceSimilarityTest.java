package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/** MiniLM ranks the pairs of the STS benchmark as it does on ONNX Runtime, which gave the reference cosines. */
@Tag("slow")
class SentenceSimilarityTest {
  private static final int PAIRS = 1379;

  /** A pair of sentences as token ids, its similarity by human judgement, and its cosine on ONNX Runtime. */
  private record Pair(double gold, double cosine, List<Long> first, List<Long> second) {

    static Pair parse(String line) {
      String[] fields = line.split(",");
      return new Pair(Double.parseDouble(fields[1]), Double.parseDouble(fields[2]),
          ids(fields[4]), ids(fields[5]));
    }

    private static List<Long> ids(String field) {
      return Stream.of(field.split(" ")).map(Long::valueOf).toList();
    }
  }

  @Test
  void float32RanksAsTheReference(TestReporter reporter) throws IOException {
    List<Pair> pairs = pairs();
    double[] cosines = cosines(TestModel.MINILM, pairs, 16);
    double worst = worst(cosines, pairs.stream().mapToDouble(Pair::cosine).toArray());
    double spearman = spearman(cosines, pairs.stream().mapToDouble(Pair::gold).toArray());
    reporter.publishEntry("all-minilm-l6-v2", "Spearman %.5f, worst cosine %.2e".formatted(spearman, worst));
    assertThat(pairs).hasSize(PAIRS);
    assertThat(spearman).isCloseTo(0.8203, within(0.0005));
    assertThat(worst).isLessThan(1e-4);
  }

  private static List<Pair> pairs() throws IOException {
    try (Stream<String> lines = Files.lines(SharedFiles.file("data/stsb-en-test.minilm-reference.csv"))) {
      return lines.skip(1).map(Pair::parse).toList();
    }
  }

  private static double[] cosines(TestModel model, List<Pair> pairs, int batch) {
    Map<List<Long>, double[]> embeddings =
        embeddings(model, pairs.stream().flatMap(pair -> Stream.of(pair.first(), pair.second())).toList(), batch);
    return pairs.stream()
        .mapToDouble(pair -> cosine(embeddings.get(pair.first()), embeddings.get(pair.second())))
        .toArray();
  }

  /** Sentences of one length share a batch, so that none is padded. */
  private static Map<List<Long>, double[]> embeddings(TestModel model, List<List<Long>> sentences, int batch) {
    Map<Integer, List<List<Long>>> byLength = new TreeMap<>();
    sentences.stream().distinct()
        .forEach(sentence -> byLength.computeIfAbsent(sentence.size(), size -> new ArrayList<>()).add(sentence));
    Map<List<Long>, double[]> embeddings = new HashMap<>();
    try (Engine engine = TestEngines.cpu(model, ranges(batch));
        ExecutionContext context = engine.newContext()) {
      byLength.forEach((length, same) -> {
        for (int start = 0; start < same.size(); start += batch) {
          List<List<Long>> part = same.subList(start, Math.min(start + batch, same.size()));
          Tensor states = context.run(inputs(part, batch)).values().iterator().next();
          for (int i = 0; i < part.size(); i++) {
            embeddings.put(part.get(i), mean(states, i));
          }
        }
      });
    }
    return embeddings;
  }

  private static Map<String, OptimizationProfile.Range> ranges(int batch) {
    OptimizationProfile.Range range = new OptimizationProfile.Range(
        new long[] {batch, 2}, new long[] {batch, 16}, new long[] {batch, 128});
    return Map.of("input_ids", range, "attention_mask", range, "token_type_ids", range);
  }

  /** Always a whole batch, filled up with the first sentence, so that an engine meets few shapes. */
  private static Map<String, Tensor> inputs(List<List<Long>> sentences, int batch) {
    int length = sentences.getFirst().size();
    long[] ids = new long[batch * length];
    for (int i = 0; i < ids.length; i++) {
      int row = i / length;
      ids[i] = sentences.get(row < sentences.size() ? row : 0).get(i % length);
    }
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("input_ids", Tensor.of(ids, batch, length));
    inputs.put("attention_mask", Tensor.of(mask, batch, length));
    inputs.put("token_type_ids", Tensor.of(new long[ids.length], batch, length));
    return inputs;
  }

  /** The mean over the tokens of a sentence. */
  private static double[] mean(Tensor states, int row) {
    int length = Math.toIntExact(states.dim(1));
    double[] mean = new double[Math.toIntExact(states.dim(2))];
    for (int token = 0; token < length; token++) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += states.getDouble(((long) row * length + token) * mean.length + i) / length;
      }
    }
    return mean;
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squaresA += a[i] * a[i];
      squaresB += b[i] * b[i];
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  private static double worst(double[] actual, double[] expected) {
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    return worst;
  }

  /** Spearman's rank correlation: Pearson's of the ranks, ties sharing their mean rank. */
  private static double spearman(double[] a, double[] b) {
    double[] x = ranks(a);
    double[] y = ranks(b);
    double mean = (a.length + 1) / 2.0;
    for (int i = 0; i < x.length; i++) {
      x[i] -= mean;
      y[i] -= mean;
    }
    return cosine(x, y);
  }

  private static double[] ranks(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    Map<Double, double[]> places = new HashMap<>();
    for (int i = 0; i < sorted.length; i++) {
      double[] sumAndCount = places.computeIfAbsent(sorted[i], value -> new double[2]);
      sumAndCount[0] += i + 1;
      sumAndCount[1]++;
    }
    return Arrays.stream(values).map(value -> places.get(value)[0] / places.get(value)[1]).toArray();
  }
}
