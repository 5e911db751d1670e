package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerspectiveTransformTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void takesTheCornersOfTheRectangleToTheCornersOfTheQuad(long seed) {
    Random random = new Random(seed);
    Quad quad = new Quad(near(random, 10, 10), near(random, 90, 10), near(random, 90, 60), near(random, 10, 60));
    PerspectiveTransform transform = PerspectiveTransform.ofRectangle(80, 50, quad);
    assertThat(transform.apply(new Point(0, 0)).distance(quad.topLeft())).isCloseTo(0, within(1e-9));
    assertThat(transform.apply(new Point(80, 0)).distance(quad.topRight())).isCloseTo(0, within(1e-9));
    assertThat(transform.apply(new Point(80, 50)).distance(quad.bottomRight())).isCloseTo(0, within(1e-9));
    assertThat(transform.apply(new Point(0, 50)).distance(quad.bottomLeft())).isCloseTo(0, within(1e-9));
  }

  @Test
  void anUprightQuadIsAPlainCrop() {
    Image image = RandomImages.of(1, 40, 30, PixelFormat.BGR);
    Quad quad = new Quad(new Point(5, 6), new Point(25, 6), new Point(25, 16), new Point(5, 16));
    assertThat(PerspectiveTransform.crop(image, quad).pixels()).isEqualTo(image.crop(5, 6, 20, 10).pixels());
  }

  @Test
  void uprightsATurnedRectangle() {
    Image image = Image.filled(100, 100, PixelFormat.GREY, Color.BLACK);
    RotatedBox box = new RotatedBox(new Point(50, 50), 60, 20, Math.toRadians(-30));
    Quad quad = box.quad();
    Point middleOfTop = new Point(
        (quad.topLeft().x() + quad.topRight().x()) / 2, (quad.topLeft().y() + quad.topRight().y()) / 2);
    new Canvas(image).stroke(List.of(quad.topLeft(), middleOfTop), 5, Color.WHITE);
    Image upright = PerspectiveTransform.crop(image, quad);
    assertThat(upright.width()).isBetween(59, 60);
    assertThat(upright.height()).isBetween(19, 20);
    assertThat(upright.sample(10, 0, 0)).isEqualTo(255);
    assertThat(upright.sample(45, 0, 0)).isZero();
    assertThat(upright.sample(10, 15, 0)).isZero();
  }

  @Test
  void takesTheNearestPixelOutsideThePicture() {
    Image image = Image.filled(10, 10, PixelFormat.GREY, Color.grey(77));
    Quad quad = new Quad(new Point(-5, -5), new Point(15, -5), new Point(15, 15), new Point(-5, 15));
    assertThat(PerspectiveTransform.crop(image, quad).pixels()).containsOnly(77);
  }

  @Test
  void refusesAQuadWithoutArea() {
    Point point = new Point(3, 3);
    assertThatThrownBy(() -> PerspectiveTransform.ofRectangle(2, 2, new Quad(point, point, point, point)))
        .isInstanceOf(SlipwayException.class);
  }

  private static Point near(Random random, double x, double y) {
    return new Point(x + random.nextDouble(-8, 8), y + random.nextDouble(-8, 8));
  }
}
