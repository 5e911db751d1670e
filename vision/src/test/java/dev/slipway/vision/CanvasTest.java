package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CanvasTest {

  @Test
  void strokesHaveTheThicknessAsked() {
    Image image = Image.filled(40, 20, PixelFormat.RGB, Color.WHITE);
    new Canvas(image).stroke(List.of(new Point(5, 10), new Point(35, 10)), 3, new Color(255, 0, 0));
    assertThat(column(image, 20, 1)).containsExactly(
        255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);
    assertThat(image.sample(20, 10, 0)).isEqualTo(255);
    assertThat(image.sample(1, 10, 1)).isEqualTo(255);
  }

  @Test
  void edgesBetweenPixelsAreHalfCovered() {
    Image image = Image.filled(20, 9, PixelFormat.GREY, Color.BLACK);
    new Canvas(image).stroke(List.of(new Point(0, 4), new Point(19, 4)), 2, Color.WHITE);
    assertThat(image.sample(10, 4, 0)).isEqualTo(255);
    assertThat(image.sample(10, 3, 0)).isBetween(127, 128);
    assertThat(image.sample(10, 2, 0)).isZero();
  }

  @Test
  void drawsPartsInsideOfWhatReachesOutside() {
    Image image = Image.filled(10, 10, PixelFormat.GREY, Color.BLACK);
    Canvas canvas = new Canvas(image);
    canvas.polygon(new Box(-50, 5, 50, 60).corners(), 1, Color.WHITE);
    assertThat(image.sample(0, 5, 0)).isEqualTo(255);
    assertThat(image.sample(9, 5, 0)).isEqualTo(255);
    canvas.stroke(List.of(new Point(500, 500), new Point(600, 500)), 3, Color.WHITE);
    assertThat(image.sample(9, 9, 0)).isZero();
  }

  @Test
  void everyPrintableGlyphReadsAndStandsInItsPlace() {
    for (char character = '!'; character < 127; character++) {
      for (List<Point> stroke : StrokeFont.strokes(String.valueOf(character))) {
        assertThat(stroke).allSatisfy(point -> {
          assertThat(point.x()).isBetween(-0.05, 1.1);
          assertThat(point.y()).isBetween(-1.1, 0.4);
        });
      }
    }
    assertThat(StrokeFont.strokes(" ")).isEmpty();
    assertThat(StrokeFont.strokes("中")).hasSize(1);
  }

  @Test
  void textTurnedByHalfIsTheTurnedPicture() {
    Image upright = Image.filled(201, 61, PixelFormat.GREY, Color.WHITE);
    new Canvas(upright).text("Slipway", new Point(20, 40), 20, 0, Color.BLACK);
    Image turned = Image.filled(201, 61, PixelFormat.GREY, Color.WHITE);
    new Canvas(turned).text("Slipway", new Point(180, 20), 20, 180, Color.BLACK);
    byte[] expected = upright.rotate180().pixels();
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs((turned.pixels()[i] & 0xff) - (expected[i] & 0xff))).isLessThanOrEqualTo(1);
    }
  }

  private static int[] column(Image image, int x, int channel) {
    int[] values = new int[image.height()];
    for (int y = 0; y < values.length; y++) {
      values[y] = image.sample(x, y, channel);
    }
    return values;
  }
}
