package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.ImageStep.Letterbox;
import dev.slipway.vision.ImageStep.Letterbox.Anchor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each kind of output by a case worked by hand. */
class BoxDecoderTest {

  private static void assertBox(Box actual, double left, double top, double right, double bottom) {
    assertThat(actual.left()).isCloseTo(left, within(1e-4));
    assertThat(actual.top()).isCloseTo(top, within(1e-4));
    assertThat(actual.right()).isCloseTo(right, within(1e-4));
    assertThat(actual.bottom()).isCloseTo(bottom, within(1e-4));
  }

  @Test
  void decodesCellsOfGrids() {
    // Two cells of stride 8 side by side, then one of stride 16: objectness 0.5 and labels 0.4, 0.8 in the second.
    float[] values = new float[3 * 7];
    values[7] = 0.5f;
    values[8] = 0.25f;
    values[9] = (float) Math.log(2);
    values[10] = 0;
    values[11] = 0.5f;
    values[12] = 0.4f;
    values[13] = 0.8f;
    Map<String, Tensor> outputs = Map.of("y", Tensor.of(values, 1, 3, 7));
    List<Detection> detections = new GridBoxes("", List.of(8, 16)).decode(outputs, 16, 8, 0.1);
    assertThat(detections).extracting(Detection::label).containsExactly(0, 1);
    assertThat(detections.get(1).score()).isCloseTo(0.4, within(1e-6));
    assertBox(detections.get(1).box(), 12 - 8, 2 - 4, 12 + 8, 2 + 4);
  }

  @Test
  void decodesCenters() {
    float[] values = {10, 20, 30, 40, 4, 8, 2, 6, 0.9f, 0.05f, 0.2f, 0.3f};
    Map<String, Tensor> outputs = Map.of("y", Tensor.of(values, 1, 6, 2));
    List<Detection> detections = new CenterBoxes("y").decode(outputs, 64, 64, 0.1);
    assertThat(detections).extracting(Detection::label).containsExactly(0, 1, 1);
    assertBox(detections.get(0).box(), 8, 29, 12, 31);
    assertBox(detections.get(2).box(), 16, 37, 24, 43);
  }

  @Test
  void decodesCornersBehindTheBackground() {
    Map<String, Tensor> outputs = Map.of(
        "boxes", Tensor.of(new float[] {0, 0, 1, 1, 0.25f, 0.5f, 0.5f, 0.75f}, 1, 2, 4),
        "scores", Tensor.of(new float[] {0.9f, 0.1f, 0.2f, 0.8f}, 1, 2, 2));
    List<Detection> detections = new CornerBoxes("boxes", "scores", true).decode(outputs, 320, 240, 0.7);
    assertThat(detections).hasSize(1);
    assertThat(detections.getFirst().label()).isZero();
    assertBox(detections.getFirst().box(), 80, 120, 160, 180);
  }

  @Test
  void decodesOffsetsOfAnchors() {
    // One cell of stride 16 with anchors of 8 and 16: the second is moved by a quarter and doubled in width.
    float[] offsets = {0, 0, 0, 0, 2.5f, 0, (float) (Math.log(2) / 0.2), 0};
    Map<String, Tensor> outputs = Map.of(
        "loc", Tensor.of(offsets, 1, 2, 4), "conf", Tensor.of(new float[] {0.9f, 0.1f, 0.1f, 0.9f}, 1, 2, 2));
    PriorBoxes decoder = new PriorBoxes("loc", "conf", List.of(16), List.of(List.of(8, 16)), 0.1, 0.2);
    List<Detection> detections = decoder.decode(outputs, 16, 16, 0.05);
    assertThat(detections).hasSize(2);
    assertBox(detections.get(0).box(), 4, 4, 12, 12);
    assertBox(detections.get(1).box(), 12 - 16, 0, 12 + 16, 16);
  }

  @Test
  void decodesDistributions() {
    // Three bins: certain of 0, 1, 2, and halfway between 1 and 2; the logit 0 is a score of one half.
    float[] values = {99, 0, 0, 0, 99, 0, 0, 0, 99, 0, 99, 99, 0, -9};
    Map<String, Tensor> outputs = Map.of("p3", Tensor.of(values, 1, 14, 1, 1));
    DistributionBoxes decoder = new DistributionBoxes(List.of("p3"), List.of(8), 3);
    List<Detection> detections = decoder.decode(outputs, 8, 8, 0.1);
    assertThat(detections).hasSize(1);
    assertThat(detections.getFirst().score()).isEqualTo(0.5);
    assertBox(detections.getFirst().box(), 4, -4, 20, 16);
  }

  @Test
  void refusesOutputsOfOtherShapes() {
    Map<String, Tensor> outputs = Map.of("y", Tensor.of(new float[14], 1, 2, 7));
    assertThatThrownBy(() -> new GridBoxes("", List.of(8, 16)).decode(outputs, 16, 8, 0))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("output of grid boxes: 2 boxes of 7 values (expected: 3 of 5 + labels)");
    assertThatThrownBy(() -> new CenterBoxes("z").decode(outputs, 16, 8, 0))
        .hasMessage("output of boxes: z (expected: one of [y])");
    assertThatThrownBy(() -> new GridBoxes("", List.of())).hasMessageStartingWith("strides: []");
  }

  @Test
  void takesBoxesBackThroughEveryStep() {
    Preprocessing preprocessing = Preprocessing.to(PixelFormat.RGB)
        .resizeShortSide(100)
        .centerCrop(80, 60)
        .then(new ImageStep.Pad(5, 10, 0, 0, Color.BLACK))
        .then(new Letterbox(170, 170, Anchor.CENTER, Color.BLACK, Interpolation.BILINEAR))
        .resize(340, 85);
    // 400x200 becomes 200x100, its middle 80x60 from 60,20, with borders 85x70, twice as large 170x140 from 0,15.
    Box source = new Box(130, 60, 170, 80);
    Box framed = new Box(2 * (5 + 5), 2 * (10 + 10) + 15, 2 * (5 + 25), 2 * (10 + 20) + 15).scale(2, 0.5);
    Box back = preprocessing.toSource(framed, 400, 200);
    assertBox(back, source.left(), source.top(), source.right(), source.bottom());
  }
}
