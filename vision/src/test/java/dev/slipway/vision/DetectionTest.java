package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetectionTest {

  @Test
  void boxFormatsDescribeTheSameBox() {
    Box box = new Box(2, 4, 8, 14);
    assertThat(Box.ofCenter(5, 9, 6, 10)).isEqualTo(box);
    assertThat(Box.ofSize(2, 4, 6, 10)).isEqualTo(box);
    assertThat(box.area()).isEqualTo(60);
    assertThat(box.center()).isEqualTo(new Point(5, 9));
    assertThat(box.scale(0.5, 0.5)).isEqualTo(new Box(1, 2, 4, 7));
    assertThat(box.clip(6, 10)).isEqualTo(new Box(2, 4, 6, 10));
  }

  @Test
  void intersectionOverUnion() {
    Box box = new Box(0, 0, 10, 10);
    assertThat(box.iou(box)).isEqualTo(1);
    assertThat(box.iou(new Box(5, 0, 15, 10))).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(box.iou(new Box(10, 0, 20, 10))).isZero();
    assertThat(box.iou(new Box(20, 20, 30, 30))).isZero();
    assertThat(new Box(1, 1, 1, 1).iou(new Box(1, 1, 1, 1))).isZero();
    assertThat(new Box(5, 5, 1, 1).area()).isZero();
  }

  @Test
  void suppressesTheWorseOfTwoThatOverlap() {
    Detection best = new Detection(new Box(0, 0, 10, 10), 0.9, 1);
    Detection overlaps = new Detection(new Box(1, 0, 11, 10), 0.8, 1);
    Detection otherLabel = new Detection(new Box(1, 0, 11, 10), 0.7, 2);
    Detection apart = new Detection(new Box(30, 0, 40, 10), 0.6, 1);
    Detection faint = new Detection(new Box(60, 0, 70, 10), 0.3, 1);
    List<Detection> all = List.of(faint, apart, otherLabel, overlaps, best);
    assertThat(new NonMaxSuppression(0.3, 0.5, 100, true).apply(all)).containsExactly(best, otherLabel, apart);
    assertThat(new NonMaxSuppression(0.3, 0.5, 100, false).apply(all)).containsExactly(best, apart);
    assertThat(new NonMaxSuppression(0, 1, 2, false).apply(all)).containsExactly(best, overlaps);
    assertThat(new NonMaxSuppression(0, 1, 0, false).apply(all)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void equalsSuppressionByAMatrix(long seed) {
    Random random = new Random(seed);
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      detections.add(new Detection(Box.ofSize(random.nextInt(30), random.nextInt(30), 5 + random.nextInt(20),
          5 + random.nextInt(20)), random.nextDouble(), random.nextInt(3)));
    }
    assertThat(new NonMaxSuppression(0.1, 0.4, 1000, true).apply(detections))
        .isEqualTo(naive(detections, 0.1, 0.4));
  }

  @Test
  void refusesAnImpossibleOverlap() {
    assertThatThrownBy(() -> new NonMaxSuppression(0, 1.5, 10, true)).isInstanceOf(SlipwayException.class)
        .hasMessage("overlap: 1.5 (expected: from 0 to 1)");
    assertThatThrownBy(() -> new NonMaxSuppression(0, Double.NaN, 10, true)).isInstanceOf(SlipwayException.class);
  }

  @Test
  void ranksClasses() {
    assertThat(Classification.top(new float[] {0.1f, 0.5f, 0.5f, 0.2f}, 3).stream().map(Classification::label))
        .containsExactly(1, 2, 3);
    assertThat(Classification.top(new float[] {1}, 5)).hasSize(1);
  }

  @Test
  void softmaxSumsToOneAndBearsLargeLogits() {
    float[] probabilities = Classification.softmax(new float[] {1000, 1001, 999});
    assertThat((double) probabilities[0] + probabilities[1] + probabilities[2]).isCloseTo(1, within(1e-6));
    assertThat((double) probabilities[1] / probabilities[0]).isCloseTo(Math.E, within(1e-5));
    assertThat(Classification.softmax(new float[0])).isEmpty();
  }

  private static List<Detection> naive(List<Detection> detections, double minScore, double maxIou) {
    List<Detection> sorted = new ArrayList<>(detections);
    sorted.sort(Comparator.comparingDouble(detection -> -detection.score()));
    boolean[] gone = new boolean[sorted.size()];
    List<Detection> kept = new ArrayList<>();
    for (int i = 0; i < gone.length; i++) {
      if (gone[i] || sorted.get(i).score() <= minScore) {
        continue;
      }
      kept.add(sorted.get(i));
      for (int j = i + 1; j < gone.length; j++) {
        gone[j] |= sorted.get(i).label() == sorted.get(j).label()
            && sorted.get(i).box().iou(sorted.get(j).box()) > maxIou;
      }
    }
    return kept;
  }
}
