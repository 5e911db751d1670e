package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** UltraFace with our preprocessing and suppression finds the faces of the reference detections. */
@Tag("slow")
class FaceDetectionTest {
  private static final Preprocessing PREPROCESSING = Preprocessing.to(PixelFormat.RGB)
      .then(new ImageStep.Resize(320, 240, Interpolation.ANTIALIASED))
      .normalize(new Normalization(1, List.of(127.0), List.of(128.0)));
  private static final NonMaxSuppression SUPPRESSION = new NonMaxSuppression(0.7, 0.3, 1000, true);

  @ParameterizedTest
  @ValueSource(strings = {"1.jpg", "10.jpg", "11.jpg", "12.jpg"})
  void findsTheReferenceFaces(String picture) throws IOException {
    List<String[]> reference = SharedData.csv("data/faces_18.ultraface_rfb_320-reference.csv").stream()
        .filter(row -> row[0].equals(picture))
        .toList();
    Inference network = OnnxRuntime.load(SharedData.file("models/ultraface_rfb_320.onnx"));
    List<Detection> faces = faces(network, SharedData.image("data/faces_18.zip", picture));
    assertThat(faces).hasSameSizeAs(reference);
    for (int i = 0; i < faces.size(); i++) {
      String[] row = reference.get(i);
      assertThat(faces.get(i).score()).isCloseTo(Double.parseDouble(row[1]), within(1e-3));
      Box expected = new Box(Double.parseDouble(row[2]), Double.parseDouble(row[3]), Double.parseDouble(row[4]),
          Double.parseDouble(row[5]));
      assertThat(faces.get(i).box().iou(expected)).isGreaterThan(0.98);
    }
  }

  private static List<Detection> faces(Inference network, Image image) {
    Map<String, Tensor> outputs = network.run(Map.of("input", PREPROCESSING.apply(image)));
    CornerBoxes decoder = new CornerBoxes("boxes", "scores", true);
    return SUPPRESSION.apply(decoder.decode(outputs, image.width(), image.height(), SUPPRESSION.minScore()));
  }
}
