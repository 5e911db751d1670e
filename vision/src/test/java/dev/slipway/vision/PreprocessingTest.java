package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.ImageStep.Letterbox;
import dev.slipway.vision.ImageStep.Letterbox.Anchor;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreprocessingTest {
  private static final double[] MEAN = {0.485, 0.456, 0.406};
  private static final double[] DEVIATION = {0.229, 0.224, 0.225};

  @Test
  void writesNormalisedPlanesOfEveryPicture() {
    List<Image> images =
        List.of(RandomImages.of(1, 13, 7, PixelFormat.BGR), RandomImages.of(2, 13, 7, PixelFormat.RGB));
    Tensor batch = Preprocessing.to(PixelFormat.RGB).normalize(Normalization.IMAGENET).apply(images);
    assertThat(batch.dims()).containsExactly(2, 3, 7, 13);
    float[] values = batch.toFloats();
    int i = 0;
    for (Image image : images) {
      Image rgb = image.to(PixelFormat.RGB);
      for (int c = 0; c < 3; c++) {
        for (int y = 0; y < 7; y++) {
          for (int x = 0; x < 13; x++) {
            float expected = (float) ((rgb.sample(x, y, c) / 255.0 - MEAN[c]) / DEVIATION[c]);
            assertThat(values[i++]).isCloseTo(expected, within(1e-6f));
          }
        }
      }
    }
  }

  @Test
  void symmetricRunsFromMinusOneToOne() {
    Image image = new Image(2, 1, PixelFormat.GREY, new byte[] {0, (byte) 255});
    assertThat(Preprocessing.to(PixelFormat.GREY).normalize(Normalization.SYMMETRIC).apply(image).toFloats())
        .containsExactly(-1, 1);
  }

  @Test
  void stepsRunInOrder() {
    Image image = RandomImages.of(3, 300, 200, PixelFormat.RGB);
    Tensor tensor = Preprocessing.to(PixelFormat.RGB).resizeShortSide(100).centerCrop(90, 80).apply(image);
    Image expected = Resampling.resize(image, 150, 100, Interpolation.BILINEAR).crop(30, 10, 90, 80);
    assertThat(tensor.dims()).containsExactly(1, 3, 80, 90);
    assertThat(tensor.getDouble(90 * 80)).isEqualTo(expected.sample(0, 0, 1));
    assertThat(tensor.getDouble(3 * 90 * 80 - 1)).isEqualTo(expected.sample(89, 79, 2));
  }

  @Test
  void letterboxKeepsTheAspectRatio() {
    Letterbox centered = new Letterbox(64, 64, Anchor.CENTER, Color.grey(114), Interpolation.BILINEAR);
    Image framed = centered.apply(Image.filled(100, 50, PixelFormat.RGB, Color.WHITE));
    assertThat(framed.sample(0, 15, 0)).isEqualTo(114);
    assertThat(framed.sample(0, 16, 0)).isEqualTo(255);
    assertThat(framed.sample(63, 47, 0)).isEqualTo(255);
    assertThat(framed.sample(63, 48, 0)).isEqualTo(114);
    Box source = centered.placement(100, 50).toSource(new Box(32, 32, 64, 48));
    assertThat(source).isEqualTo(new Box(50, 25, 100, 50));
  }

  @Test
  void letterboxAtTheTopLeft() {
    Letterbox box = new Letterbox(8, 8, Anchor.TOP_LEFT, Color.BLACK, Interpolation.BILINEAR);
    Image framed = box.apply(Image.filled(3, 6, PixelFormat.GREY, Color.WHITE));
    assertThat(framed.sample(3, 7, 0)).isEqualTo(255);
    assertThat(framed.sample(4, 0, 0)).isZero();
  }

  @Test
  void writesAPictureIntoTheTopLeftOfLargerPlanes() {
    Tensor target = Tensor.allocate(DType.FLOAT32, 2, 1, 3, 4);
    Planes.write(Image.filled(2, 2, PixelFormat.GREY, Color.WHITE), Normalization.NONE, target, 1);
    assertThat(target.toFloats()).containsExactly(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void refusesPicturesOfDifferentSizes() {
    List<Image> images =
        List.of(Image.allocate(4, 4, PixelFormat.RGB), Image.allocate(5, 4, PixelFormat.RGB));
    assertThatThrownBy(() -> Preprocessing.to(PixelFormat.RGB).apply(images)).isInstanceOf(SlipwayException.class)
        .hasMessage("picture 1 of the batch: 5x4 (expected: 4x4, as the first; add a resize or letterbox step)");
    assertThatThrownBy(() -> Preprocessing.to(PixelFormat.RGB).apply(List.of())).isInstanceOf(SlipwayException.class);
    assertThatThrownBy(() -> Preprocessing.to(PixelFormat.RGB).centerCrop(8, 8).apply(images.getFirst()))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("picture: 4x4 (expected: at least the crop's 8x8; resize it first)");
  }
}
