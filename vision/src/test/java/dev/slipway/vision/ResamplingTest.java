package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplingTest {

  @ParameterizedTest
  @CsvSource({
    "1, 17, 9, 40, 31", "2, 40, 31, 17, 9", "3, 1, 1, 5, 4", "4, 5, 4, 1, 1", "5, 64, 48, 32, 24", "6, 31, 33, 32, 32",
    "7, 3, 100, 100, 3", "8, 16, 16, 15, 17"
  })
  void bilinearIsWithinOneLevelOfTheFormula(long seed, int width, int height, int toWidth, int toHeight) {
    for (PixelFormat format : new PixelFormat[] {PixelFormat.GREY, PixelFormat.RGB}) {
      Image image = RandomImages.of(seed, width, height, format);
      Image resized = Resampling.resize(image, toWidth, toHeight, Interpolation.BILINEAR);
      for (int y = 0; y < toHeight; y++) {
        for (int x = 0; x < toWidth; x++) {
          for (int c = 0; c < format.channels(); c++) {
            double sourceX = Math.clamp((x + 0.5) * width / toWidth - 0.5, 0, width - 1);
            double sourceY = Math.clamp((y + 0.5) * height / toHeight - 0.5, 0, height - 1);
            assertThat((double) resized.sample(x, y, c)).isCloseTo(
                between(image, sourceX, sourceY, c), offset(1.0));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 17, 9, 40, 31", "2, 40, 31, 17, 9", "3, 1, 1, 5, 4", "4, 50, 40, 1, 1", "5, 64, 48, 32, 24"})
  void antialiasedIsWithinOneLevelOfTheFormula(long seed, int width, int height, int toWidth, int toHeight) {
    Image image = RandomImages.of(seed, width, height, PixelFormat.BGR);
    Image resized = Resampling.resize(image, toWidth, toHeight, Interpolation.ANTIALIASED);
    for (int y = 0; y < toHeight; y++) {
      for (int x = 0; x < toWidth; x++) {
        double sum = 0;
        double weights = 0;
        for (int sourceY = 0; sourceY < height; sourceY++) {
          for (int sourceX = 0; sourceX < width; sourceX++) {
            double weight = triangle(sourceX, width, x, toWidth) * triangle(sourceY, height, y, toHeight);
            sum += weight * image.sample(sourceX, sourceY, 1);
            weights += weight;
          }
        }
        assertThat((double) resized.sample(x, y, 1))
            .isCloseTo(sum / weights, offset(1.01));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 17, 9, 40, 31", "2, 40, 31, 17, 9", "3, 5, 4, 1, 1"})
  void nearestTakesTheRoundedDownPosition(long seed, int width, int height, int toWidth, int toHeight) {
    Image image = RandomImages.of(seed, width, height, PixelFormat.RGB);
    Image resized = Resampling.resize(image, toWidth, toHeight, Interpolation.NEAREST);
    for (int y = 0; y < toHeight; y++) {
      for (int x = 0; x < toWidth; x++) {
        assertThat(resized.sample(x, y, 2)).isEqualTo(image.sample(x * width / toWidth, y * height / toHeight, 2));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"NEAREST", "BILINEAR", "ANTIALIASED"})
  void oneColourStaysOneColour(Interpolation interpolation) {
    Image image = Image.filled(37, 23, PixelFormat.RGB, new Color(255, 1, 128));
    Image resized = Resampling.resize(image, 100, 11, interpolation);
    assertThat(resized.pixels()).isEqualTo(Image.filled(100, 11, PixelFormat.RGB, new Color(255, 1, 128)).pixels());
  }

  @Test
  void halvingAveragesFourPixels() {
    Image image = new Image(4, 2, PixelFormat.GREY, new byte[] {10, 20, 0, 1, 30, 41, 1, 0});
    assertThat(Resampling.resize(image, 2, 1, Interpolation.BILINEAR).pixels()).containsExactly(25, 1);
  }

  private static double between(Image image, double x, double y, int c) {
    int left = (int) x;
    int top = (int) y;
    int right = Math.min(left + 1, image.width() - 1);
    int bottom = Math.min(top + 1, image.height() - 1);
    double upper = image.sample(left, top, c) * (1 - x + left) + image.sample(right, top, c) * (x - left);
    double lower = image.sample(left, bottom, c) * (1 - x + left) + image.sample(right, bottom, c) * (x - left);
    return upper * (1 - y + top) + lower * (y - top);
  }

  private static double triangle(int position, int from, int target, int to) {
    double radius = Math.max((double) from / to, 1);
    double center = (target + 0.5) * from / to;
    return Math.max(1 - Math.abs(position + 0.5 - center) / radius, 0);
  }
}
