package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import dev.slipway.vision.Detection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Cases worked by hand. */
class AveragePrecisionTest {
  private static final Box LEFT = new Box(0, 0, 50, 50);
  private static final Box RIGHT = new Box(100, 0, 150, 50);
  private static final Box NOWHERE = new Box(300, 300, 350, 350);

  private final AveragePrecision metric = new AveragePrecision();

  private static Detection found(Box box, double score) {
    return new Detection(box, score, 0);
  }

  private void add(List<Box> truths, Detection... detections) {
    Label label = new Label.Boxes(640, 480, truths.stream().map(box -> new Label.Truth(box, 0)).toList());
    metric.add(new Prediction.Boxes(List.of(detections)), label);
  }

  private void assertValue(String name, double expected) {
    assertThat(metric.values().get(name)).as(name).isCloseTo(expected, within(1e-12));
  }

  @Test
  void isOneWhereAllIsFound() {
    add(List.of(LEFT), found(LEFT, 0.5));
    add(List.of(), new Detection[0]);
    Stream.of("AP", "AP50", "AP75", "APmedium", "AR1", "AR10", "AR100").forEach(name -> assertValue(name, 1));
    assertThat(metric.values()).doesNotContainKeys("APsmall", "APlarge");
  }

  @Test
  void takesPrecisionAt101Recalls() {
    // Right, wrong, right: precision 1 at the recalls 0 to 0.5 (51 of them), 2/3 at the other 50.
    add(List.of(LEFT, RIGHT), found(LEFT, 0.9), found(NOWHERE, 0.8), found(RIGHT, 0.7));
    assertValue("AP", (51 + 50 * 2 / 3.0) / 101);
    assertValue("AR1", 0.5);
    assertValue("AR10", 1);
  }

  @Test
  void countsAnObjectThatIsNotFound() {
    add(List.of(LEFT, RIGHT), found(LEFT, 0.9));
    assertValue("AP", 51 / 101.0);
    assertValue("AR100", 0.5);
  }

  @Test
  void asksForTenOverlaps() {
    // An overlap of 0.6 is enough for 0.5, 0.55 and 0.6.
    add(List.of(new Box(0, 0, 100, 100)), found(new Box(0, 0, 100, 60), 0.9));
    assertValue("AP", 0.3);
    assertValue("AP50", 1);
    assertValue("AP75", 0);
    assertValue("AR1", 0.3);
  }

  @Test
  void countsTheSecondOfTwoOnOneObjectAsWrong() {
    // Right, wrong, right over two pictures.
    add(List.of(LEFT), found(LEFT, 0.9), found(LEFT, 0.8));
    add(List.of(RIGHT), found(RIGHT, 0.7));
    assertValue("AP", (51 + 50 * 2 / 3.0) / 101);
  }

  @Test
  void ordersDetectionsOfAllPictures() {
    add(List.of(LEFT), found(NOWHERE, 0.8));
    add(List.of(RIGHT), found(RIGHT, 0.9));
    assertValue("AP", 51 / 101.0);
  }

  @Test
  void keepsBetterPrecisionOfHigherRecalls() {
    // Wrong, right, right, right: precision 3/4 at the last recall counts for all before it.
    add(List.of(LEFT, RIGHT, NOWHERE), found(new Box(200, 200, 210, 210), 0.9), found(LEFT, 0.8), found(RIGHT, 0.7),
        found(NOWHERE, 0.6));
    assertValue("AP", 0.75);
  }

  @Test
  void takesTheObjectThatIsOverlappedMost() {
    Box between = new Box(0, 0, 100, 100);
    Box nearer = new Box(0, 0, 100, 90);
    // The better detection takes the nearer object, so the other object is left to the worse one.
    add(List.of(new Box(0, 0, 100, 80), nearer), found(between, 0.9), found(new Box(0, 0, 100, 80), 0.8));
    assertValue("AP50", 1);
    assertValue("AR100", 9.5 / 10);
  }

  @Test
  void isTheMeanOverClassesWithObjects() {
    Label label = new Label.Boxes(640, 480, List.of(new Label.Truth(LEFT, 3), new Label.Truth(RIGHT, 5)));
    metric.add(new Prediction.Boxes(List.of(new Detection(LEFT, 0.9, 3), new Detection(NOWHERE, 0.9, 7))), label);
    assertValue("AP", 0.5);
  }

  @Test
  void neitherCountsNorPunishesOtherSizes() {
    Box small = new Box(0, 0, 10, 10);
    Box large = new Box(100, 100, 300, 300);
    // The large ones are found, with a small one besides that is wrong; the small object is missed.
    add(List.of(small, large), found(new Box(50, 50, 60, 60), 0.95), found(large, 0.9));
    assertValue("APlarge", 1);
    assertValue("APsmall", 0);
    assertValue("AP", 51 * 0.5 / 101);
  }

  @Test
  void countsNoCrowds() {
    Label.Truth crowd = new Label.Truth(new Box(200, 0, 600, 400), 0, 160_000, true);
    Label label = new Label.Boxes(640, 480, List.of(crowd, new Label.Truth(LEFT, 0)));
    // Two in the crowd, by the share of them that lies in it, and one of a single object; one is wrong.
    metric.add(new Prediction.Boxes(List.of(
        found(new Box(210, 0, 250, 40), 0.99), found(new Box(190, 0, 250, 40), 0.98), found(LEFT, 0.9),
        found(RIGHT, 0.8))), label);
    assertValue("AP50", 1);
    assertThat(metric.values()).doesNotContainKey("APlarge");
  }

  @Test
  void takesTheAreaOfTheObject() {
    Label label = new Label.Boxes(640, 480, List.of(new Label.Truth(LEFT, 0, 100, false)));
    metric.add(new Prediction.Boxes(List.of(found(LEFT, 0.9))), label);
    assertValue("APsmall", 1);
    assertThat(metric.values()).doesNotContainKey("APmedium");
  }

  @Test
  void takesAHundredOfAPictureAndClass() {
    Detection[] detections = new Detection[101];
    for (int i = 0; i < 100; i++) {
      detections[i] = found(NOWHERE, 0.9);
    }
    detections[100] = found(LEFT, 0.1);
    add(List.of(LEFT), detections);
    assertValue("AP", 0);
    assertValue("AR100", 0);
  }

  @Test
  void refusesLabelsWithoutBoxes() {
    add(List.of(), found(LEFT, 0.9));
    assertThatThrownBy(metric::values).isInstanceOf(SlipwayException.class)
        .hasMessage("labels: no boxes (expected: at least one, for average precision)");
    assertThatThrownBy(() -> metric.add(new Prediction.Boxes(List.of()), new Label.None()))
        .hasMessageStartingWith("label: none (expected: boxes");
  }
}
