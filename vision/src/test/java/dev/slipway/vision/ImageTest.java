package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageTest {

  @Test
  void swapsRedAndBlue() {
    Image rgb = RandomImages.of(1, 7, 5, PixelFormat.RGB);
    Image bgr = rgb.to(PixelFormat.BGR);
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 7; x++) {
        for (int c = 0; c < 3; c++) {
          assertThat(bgr.sample(x, y, c)).isEqualTo(rgb.sample(x, y, 2 - c));
        }
      }
    }
    assertThat(bgr.to(PixelFormat.RGB).pixels()).isEqualTo(rgb.pixels());
  }

  @ParameterizedTest
  @EnumSource(names = {"RGB", "BGR"})
  void weighsColoursIntoGrey(PixelFormat format) {
    Image color = RandomImages.of(2, 9, 4, format);
    Image grey = color.to(PixelFormat.GREY);
    int red = format == PixelFormat.RGB ? 0 : 2;
    for (int y = 0; y < 4; y++) {
      for (int x = 0; x < 9; x++) {
        double luma = 0.299 * color.sample(x, y, red) + 0.587 * color.sample(x, y, 1)
            + 0.114 * color.sample(x, y, 2 - red);
        assertThat((double) grey.sample(x, y, 0)).isBetween(luma - 0.51, luma + 0.51);
      }
    }
  }

  @Test
  void greyBecomesThreeEqualChannels() {
    Image grey = RandomImages.of(3, 3, 2, PixelFormat.GREY);
    Image color = grey.to(PixelFormat.BGR);
    assertThat(color.sample(2, 1, 0)).isEqualTo(grey.sample(2, 1, 0)).isEqualTo(color.sample(2, 1, 2));
    assertThat(color.to(PixelFormat.GREY).pixels()).isEqualTo(grey.pixels());
  }

  @Test
  void cropsAndPads() {
    Image image = RandomImages.of(4, 8, 6, PixelFormat.RGB);
    Image padded = image.pad(1, 2, 3, 4, new Color(9, 8, 7));
    assertThat(padded.width()).isEqualTo(12);
    assertThat(padded.height()).isEqualTo(12);
    assertThat(padded.sample(0, 0, 0)).isEqualTo(9);
    assertThat(padded.sample(11, 11, 2)).isEqualTo(7);
    assertThat(padded.crop(1, 2, 8, 6).pixels()).isEqualTo(image.pixels());
  }

  @Test
  void rotates() {
    Image image = RandomImages.of(5, 5, 3, PixelFormat.BGR);
    Image half = image.rotate180();
    Image quarter = image.rotate90CounterClockwise();
    assertThat(half.sample(0, 0, 1)).isEqualTo(image.sample(4, 2, 1));
    assertThat(quarter.width()).isEqualTo(3);
    assertThat(quarter.sample(0, 0, 2)).isEqualTo(image.sample(4, 0, 2));
    assertThat(quarter.sample(2, 4, 0)).isEqualTo(image.sample(0, 2, 0));
    assertThat(quarter.rotate90CounterClockwise().pixels()).isEqualTo(half.pixels());
  }

  @Test
  void refusesImpossibleSizes() {
    assertThatThrownBy(() -> Image.allocate(0, 4, PixelFormat.RGB)).isInstanceOf(SlipwayException.class)
        .hasMessage("size of image: 0x4 (expected: at least 1x1 and under 2 GiB)");
    assertThatThrownBy(() -> Image.allocate(50_000, 50_000, PixelFormat.RGB)).isInstanceOf(SlipwayException.class);
    assertThatThrownBy(() -> new Image(2, 2, PixelFormat.GREY, new byte[3])).isInstanceOf(SlipwayException.class)
        .hasMessage("pixels of 2x2 GREY: 3 bytes (expected: 4)");
    assertThatThrownBy(() -> Image.allocate(4, 4, PixelFormat.GREY).crop(2, 0, 3, 1))
        .isInstanceOf(SlipwayException.class).hasMessage("crop: 3x1 at 2,0 (expected: inside 4x4)");
  }
}
