package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.ImageStep.Letterbox;
import dev.slipway.vision.ImageStep.Letterbox.Anchor;
import dev.slipway.vision.ImageStep.Resize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Preprocessing of photographs gives the golden inputs of the models, which Pillow prepared. */
class GoldenInputTest {
  private static final String DOG = "data/imagenet_sample_800.zip images/207_n02099601.jpg";
  private static final String ROOM = "data/coco_val2017_96.zip images/000000000139.jpg";
  private static final String FACES = "data/faces_18.zip 1.jpg";

  @TempDir
  private Path folder;

  static List<Arguments> models() {
    Preprocessing rgb = Preprocessing.to(PixelFormat.RGB);
    Preprocessing bgr = Preprocessing.to(PixelFormat.BGR);
    Normalization caffe = Normalization.subtract(104, 117, 123);
    return List.of(
        Arguments.of("squeezenet_fp32", DOG, bgr.centerCrop(224, 224).normalize(caffe)),
        Arguments.of("mobilenet_v2_1.0_wq8", DOG, rgb.centerCrop(224, 224).normalize(Normalization.IMAGENET)),
        Arguments.of("mobilenet_v1_0.25_224", DOG, rgb.centerCrop(224, 224).normalize(Normalization.SYMMETRIC)),
        Arguments.of("ultraface_rfb_320", FACES,
            rgb.then(antialiased(320, 240)).normalize(new Normalization(1, List.of(127.0), List.of(128.0)))),
        Arguments.of("retinaface_m025", FACES, bgr.then(antialiased(640, 640)).normalize(caffe)),
        Arguments.of("fastestdet", ROOM, bgr.then(antialiased(352, 352)).normalize(Normalization.scale(1 / 255.0))),
        Arguments.of("yolox_nano_coco", ROOM,
            bgr.then(new Letterbox(416, 416, Anchor.TOP_LEFT, Color.grey(114), Interpolation.ANTIALIASED))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void equalsTheGoldenInput(String model, String picture, Preprocessing preprocessing) throws IOException {
    Tensor golden = SharedData.golden(model, "input_0.pb", folder);
    String[] words = picture.split(" ");
    Tensor input = preprocessing.apply(SharedData.image(words[0], words[1]));
    assertThat(input.dims()).isEqualTo(golden.dims());
    float[] expected = golden.toFloats();
    float[] actual = input.toFloats();
    float largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    // Rounding of the normalisation: one unit in the last place of values up to 2.7.
    assertThat(largest).isLessThanOrEqualTo(2.4e-7f);
  }

  private static Resize antialiased(int width, int height) {
    return new Resize(width, height, Interpolation.ANTIALIASED);
  }
}
