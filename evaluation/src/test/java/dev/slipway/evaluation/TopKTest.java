package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import org.junit.jupiter.api.Test;

class TopKTest {
  private final TopK metric = new TopK();

  private void add(int right, float... scores) {
    metric.add(new Prediction.Scores(scores), new Label.Category(right));
  }

  @Test
  void countsTheFirstAndTheFirstFive() {
    add(0, 9, 1, 2, 3, 4, 5, 6);
    add(6, 9, 1, 2, 3, 4, 5, 6);
    add(2, 9, 1, 2, 3, 4, 5, 6);
    add(1, 9, 1, 2, 3, 4, 5, 6);
    assertThat(metric.values()).containsEntry("top1", 0.25).containsEntry("top5", 0.5);
  }

  @Test
  void takesEqualScoresByIndex() {
    add(1, 5, 5, 5);
    add(0, 5, 5, 5);
    assertThat(metric.values()).containsEntry("top1", 0.5).containsEntry("top5", 1.0);
  }

  @Test
  void countsNothingOfNotANumber() {
    add(0, Float.NaN, Float.NaN);
    assertThat(metric.values()).containsEntry("top1", 0.0).containsEntry("top5", 0.0);
  }

  @Test
  void refusesWhatItCannotCompare() {
    Prediction scores = new Prediction.Scores(new float[] {1, 2});
    assertThatThrownBy(() -> metric.add(scores, new Label.None()))
        .isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("label: none (expected: a class");
    assertThatThrownBy(() -> metric.add(scores, new Label.Category(2)))
        .hasMessageStartingWith("class: 2 (expected: under 2");
    assertThatThrownBy(() -> metric.add(new Prediction.Embedding(new double[1]), new Label.Category(0)))
        .hasMessageStartingWith("prediction: an embedding (expected: scores of classes");
  }
}
