package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Inference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final OutputProcessing OUTPUT = ClassScores.topK();

  /** Gives its input as scores. */
  private static final Inference IDENTITY = inputs -> Map.of("y", inputs.get("x"));

  private static Sample sample(int right, float... scores) {
    return new Sample("sample " + right, Map.of("x", Tensor.of(scores, 1, scores.length)), new Label.Category(right));
  }

  @Test
  void runsANetworkOverAllSamples() {
    Samples samples = Samples.of(List.of(sample(0, 3, 2, 1), sample(2, 3, 2, 1), sample(1, 0, 7, 1)));
    List<String> progress = new ArrayList<>();
    EvaluationResult result = Evaluation.of(samples, OUTPUT).withProgress(progress::add).run(IDENTITY);
    assertThat(result.accuracy()).isEqualTo(2 / 3.0);
    assertThat(result.values()).containsEntry("top5", 1.0);
    assertThat(result.samples()).isEqualTo(3);
    assertThat(result.latency().median()).isPositive();
    assertThat(progress).hasSize(3).last().isEqualTo("evaluating: 3 of 3 samples");
  }

  @Test
  void stacksSamplesOfEqualShapes() {
    List<Sample> samples = new ArrayList<>();
    IntStream.range(0, 5).forEach(i -> samples.add(sample(i % 2, i % 2 == 0 ? 1 : 0, i % 3)));
    samples.add(sample(2, 0, 0, 5));
    List<Long> batches = new ArrayList<>();
    Inference network = inputs -> {
      batches.add(inputs.get("x").dim(0));
      return IDENTITY.run(inputs);
    };
    EvaluationResult alone = Evaluation.of(Samples.of(samples), OUTPUT).run(IDENTITY);
    EvaluationResult together = Evaluation.of(Samples.of(samples), OUTPUT).withBatch(2).run(network);
    assertThat(together.values()).isEqualTo(alone.values());
    assertThat(batches).containsExactly(2L, 2L, 2L, 1L, 1L);
  }

  @Test
  void refusesOutputsThatAreNoBatch() {
    Samples samples = Samples.of(List.of(sample(0, 1, 2), sample(0, 1, 2)));
    Inference network = inputs -> Map.of("y", Tensor.of(new float[] {1, 2, 3}, 3));
    assertThatThrownBy(() -> Evaluation.of(samples, OUTPUT).withBatch(2).run(network))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("output y: float32[3] (expected: a first dimension of 2");
  }

  @Test
  void namesTheSampleThatCannotBeCompared() {
    Sample unlabelled = new Sample("cat.jpg", Map.of("x", Tensor.of(new float[2], 1, 2)), new Label.None());
    assertThatThrownBy(() -> Evaluation.of(Samples.of(List.of(unlabelled)), OUTPUT).run(IDENTITY))
        .isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("cat.jpg: label: none (expected: a class");
  }

  @Test
  void refusesNoSamples() {
    assertThatThrownBy(() -> Evaluation.of(Samples.of(List.of()), OUTPUT).run(IDENTITY))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("samples: 0 (expected: at least 1)");
  }
}
