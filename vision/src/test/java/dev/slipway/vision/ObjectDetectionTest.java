package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.ImageStep.Letterbox;
import dev.slipway.vision.ImageStep.Letterbox.Anchor;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** YOLOX with our letterbox and suppression per class finds the objects of the reference detections. */
@Tag("slow")
class ObjectDetectionTest {
  private static final int SIZE = 416;
  private static final Letterbox LETTERBOX =
      new Letterbox(SIZE, SIZE, Anchor.TOP_LEFT, Color.grey(114), Interpolation.ANTIALIASED);
  private static final NonMaxSuppression SUPPRESSION = new NonMaxSuppression(0.25, 0.65, 100, true);

  @ParameterizedTest
  @ValueSource(strings = {"000000000139.jpg", "000000000285.jpg", "000000000632.jpg"})
  void findsTheReferenceObjects(String picture) throws IOException {
    List<String[]> reference = SharedData.csv("data/coco_val2017_96.yolox_nano-reference.csv").stream()
        .filter(row -> row[0].equals(picture))
        .toList();
    Inference network = OnnxRuntime.load(SharedData.file("models/yolox_nano_coco.onnx"));
    List<Detection> objects = objects(network, SharedData.image("data/coco_val2017_96.zip", "images/" + picture));
    assertThat(objects).hasSameSizeAs(reference);
    for (int i = 0; i < objects.size(); i++) {
      String[] row = reference.get(i);
      Box expected = new Box(Double.parseDouble(row[3]), Double.parseDouble(row[4]), Double.parseDouble(row[5]),
          Double.parseDouble(row[6]));
      assertThat(objects.get(i).label()).isEqualTo(Integer.parseInt(row[1]));
      assertThat(objects.get(i).score()).isCloseTo(Double.parseDouble(row[2]), within(1e-3));
      assertThat(objects.get(i).box().iou(expected)).isGreaterThan(0.98);
    }
  }

  private static List<Detection> objects(Inference network, Image image) {
    Preprocessing preprocessing = Preprocessing.to(PixelFormat.BGR).then(LETTERBOX);
    Map<String, Tensor> outputs = network.run(Map.of("images", preprocessing.apply(image)));
    List<Detection> found = new GridBoxes("", List.of(8, 16, 32)).decode(outputs, SIZE, SIZE, SUPPRESSION.minScore());
    return SUPPRESSION.apply(found.stream()
        .map(object -> new Detection(preprocessing.toSource(object.box(), image.width(), image.height())
            .clip(image.width(), image.height()), object.score(), object.label()))
        .toList());
  }
}
