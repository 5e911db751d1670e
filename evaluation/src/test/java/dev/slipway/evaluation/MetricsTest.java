package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import dev.slipway.vision.Detection;
import dev.slipway.vision.Image;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Point;
import dev.slipway.vision.Quad;
import dev.slipway.vision.RecognizedText;
import dev.slipway.vision.TextLine;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Metrics by cases worked by hand; {@link TopKTest} and {@link AveragePrecisionTest} have the others. */
class MetricsTest {

  private static Quad quad(double left) {
    return new Quad(new Point(left, 0), new Point(left + 8, 0), new Point(left + 8, 4), new Point(left, 4));
  }

  private static void addLines(LineAccuracy metric, List<String> right, String... read) {
    Image picture = Image.allocate(80, 4, PixelFormat.GREY);
    List<Label.Line> lines = IntStream.range(0, right.size())
        .mapToObj(i -> new Label.Line(quad(10 * i), right.get(i))).toList();
    List<TextLine> found = IntStream.range(0, read.length)
        .mapToObj(i -> new TextLine(quad(10 * i), read[i], 1, false)).toList();
    metric.add(new Prediction.Lines(found), new Label.Lines(picture, lines));
  }

  @Test
  void linesCountWhatIsWrongMissedAndOver() {
    LineAccuracy metric = new LineAccuracy();
    addLines(metric, List.of("one", "two", "two"), "two", "one", "too");
    addLines(metric, List.of(), "none");
    addLines(metric, List.of("right"), "right");
    // Three of five that were read, three of four that stand there.
    assertValue(metric, "precision", 0.6);
    assertValue(metric, "recall", 0.75);
    assertValue(metric, "lines", 2 * 0.6 * 0.75 / (0.6 + 0.75));
    assertValue(metric, "pictures", 1 / 3.0);
  }

  @Test
  void whatNobodyCanReadDoesNotCount() {
    LineAccuracy metric = new LineAccuracy();
    addLines(metric, List.of("###", "two"), "anything", "two");
    addLines(metric, List.of("###"));
    assertThat(metric.values().values()).containsOnly(1.0);
  }

  private static void assertValue(Metric metric, String name, double expected) {
    assertThat(metric.values().get(name)).as(name).isCloseTo(expected, within(1e-12));
  }

  private static void addScores(Metric metric, int right, float... scores) {
    metric.add(new Prediction.Scores(scores), new Label.Category(right));
  }

  @Test
  void f1OfTwoClassesIsThatOfTheSecond() {
    FScore metric = new FScore();
    // Two hits, one false alarm, one miss, one right refusal.
    addScores(metric, 1, 0.1f, 0.9f);
    addScores(metric, 1, 0.2f, 0.8f);
    addScores(metric, 0, 0.3f, 0.7f);
    addScores(metric, 1, 0.6f, 0.4f);
    addScores(metric, 0, 0.9f, 0.1f);
    assertValue(metric, "precision", 2 / 3.0);
    assertValue(metric, "recall", 2 / 3.0);
    assertValue(metric, "f1", 2 / 3.0);
  }

  @Test
  void f1OfOneScoreTakesOneHalf() {
    FScore metric = new FScore();
    addScores(metric, 1, 0.9f);
    addScores(metric, 1, 0.4f);
    assertValue(metric, "f1", 2 / 3.0);
    assertValue(metric, "precision", 1);
    assertValue(metric, "recall", 0.5);
  }

  @Test
  void f1OfManyClassesIsTheMeanOfThoseThatOccur() {
    FScore metric = new FScore();
    addScores(metric, 0, 9, 1, 1, 1);
    addScores(metric, 0, 1, 9, 1, 1);
    addScores(metric, 1, 1, 9, 1, 1);
    // Class 0: precision 1, recall 1/2. Class 1: precision 1/2, recall 1. Classes 2 and 3 do not occur.
    assertValue(metric, "f1", 2 / 3.0);
    assertValue(metric, "precision", 0.75);
    assertValue(metric, "recall", 0.75);
  }

  @Test
  void rocCurveAndItsArea() {
    RocCurve curve = RocCurve.of(new double[] {0.9, 0.8, 0.8, 0.3}, new boolean[] {true, false, true, false});
    assertThat(curve.points()).containsExactly(
        new RocCurve.Point(0, 0, Double.POSITIVE_INFINITY),
        new RocCurve.Point(0, 0.5, 0.9),
        new RocCurve.Point(0.5, 1, 0.8),
        new RocCurve.Point(1, 1, 0.3));
    // Of four pairs three are in order and one is a tie.
    assertThat(curve.area()).isCloseTo(3.5 / 4, within(1e-12));
    assertThatThrownBy(() -> RocCurve.of(new double[] {1, 2}, new boolean[] {true, true}))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("scores: 2 with 2 positive and 0 negative labels (expected: a label for each, and some of both)");
  }

  @Test
  void areaOfManyClassesIsTheMeanOfEachAgainstTheRest() {
    RocArea metric = new RocArea();
    addScores(metric, 0, 0.9f, 0.5f, 0);
    addScores(metric, 1, 0.1f, 0.4f, 0);
    // Class 0 stands out; class 1 scores less than the rest; class 2 does not occur.
    assertValue(metric, "auc", 0.5);
    RocArea binary = new RocArea();
    addScores(binary, 1, 0.2f, 0.8f);
    addScores(binary, 0, 0.7f, 0.3f);
    assertValue(binary, "auc", 1);
  }

  @Test
  void correlations() {
    double[] x = {1, 2, 3, 4};
    assertThat(Correlation.pearson(x, new double[] {3, 5, 7, 9})).isCloseTo(1, within(1e-12));
    assertThat(Correlation.pearson(x, new double[] {1, 3, 2, 4})).isCloseTo(0.8, within(1e-12));
    assertThat(Correlation.spearman(x, new double[] {1, 8, 27, 64})).isCloseTo(1, within(1e-12));
    assertThat(Correlation.spearman(x, new double[] {10, 7, 7, 1})).isCloseTo(-0.9486832980505138, within(1e-12));
    assertThat(Correlation.pearson(x, new double[] {2, 2, 2, 2})).isNaN();
    assertThat(Correlation.ranks(new double[] {5, 1, 5, 5})).containsExactly(3, 1, 3, 3);
    assertThatThrownBy(() -> Correlation.pearson(x, new double[1])).hasMessageContaining("4 and 1 (expected: as many)");
  }

  @Test
  void similarityOfPairs() {
    PairSimilarity metric = new PairSimilarity();
    double[][] seconds = {{1, 0}, {1, 1}, {0, 1}};
    for (int pair = 0; pair < 3; pair++) {
      Label label = new Label.Pair(pair, new double[] {5, 3, 1}[pair]);
      metric.add(new Prediction.Embedding(new double[] {2, 0}), label);
      metric.add(new Prediction.Embedding(seconds[pair]), label);
    }
    assertValue(metric, "spearman", 1);
    // Cosines 1, sqrt(1/2), 0 against 5, 3, 1.
    assertValue(metric, "pearson", Correlation.pearson(new double[] {1, Math.sqrt(0.5), 0}, new double[] {5, 3, 1}));
    metric.add(new Prediction.Embedding(new double[] {2, 0}), new Label.Pair(7, 1));
    assertThatThrownBy(() -> metric.add(new Prediction.Embedding(new double[] {2, 0}), new Label.Pair(8, 1)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("pair: 8 with 2 features (expected: the other text of pair 7");
  }

  @Test
  void overlapWithAReference() {
    BoxOverlap metric = new BoxOverlap();
    List<Label.Truth> truths = List.of(
        new Label.Truth(new Box(0, 0, 10, 10), 0), new Label.Truth(new Box(50, 0, 60, 10), 0),
        new Label.Truth(new Box(90, 0, 99, 9), 0), new Label.Truth(new Box(0, 50, 10, 60), 1));
    List<Detection> detections = List.of(
        new Detection(new Box(0, 0, 10, 10), 0.9, 0),
        new Detection(new Box(0, 0, 10, 8), 0.8, 0),
        new Detection(new Box(50, 0, 60, 4), 0.7, 0),
        new Detection(new Box(0, 50, 10, 60), 0.7, 0));
    metric.add(new Prediction.Boxes(detections), new Label.Boxes(100, 100, truths));
    // Overlaps 1, 0.4, none, and none of the right class; two detections are left over.
    assertValue(metric, "iou", 1.4 / 4);
    assertValue(metric, "found", 0.25);
    assertValue(metric, "extra", 0.5);
  }

  @Test
  void accuracyOfTexts() {
    TextAccuracy metric = new TextAccuracy();
    metric.add(new Prediction.Text(new RecognizedText("kitten", 1)), new Label.Text("sitting"));
    metric.add(new Prediction.Text(new RecognizedText("韩国小馆", 1)), new Label.Text("韩国小馆"));
    metric.add(new Prediction.Text(new RecognizedText("a c", 1)), new Label.Text("a b c"));
    assertValue(metric, "exact", 1 / 3.0);
    assertValue(metric, "cer", (3 + 0 + 2) / (7.0 + 4 + 5));
    assertValue(metric, "wer", (1 + 0 + 1) / (1.0 + 1 + 3));
  }

  @Test
  void refuseOtherKinds() {
    Prediction scores = new Prediction.Scores(new float[2]);
    for (Metric metric : List.of(new PairSimilarity(), new BoxOverlap(), new TextAccuracy(), new AveragePrecision())) {
      assertThatThrownBy(() -> metric.add(scores, new Label.Category(0)))
          .isInstanceOf(SlipwayException.class)
          .hasMessageStartingWith("prediction: scores of classes (expected: ");
    }
  }
}
