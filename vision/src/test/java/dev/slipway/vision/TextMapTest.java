package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextMapTest {

  @Test
  void growsARectangleByItsAreaOverItsPerimeter() {
    TextMap map = rectangle(20, 10, 41, 11, 0.9f);
    List<TextRegion> regions = map.regions(0.3, 0.6, 1.5);
    assertThat(regions).hasSize(1);
    double distance = 40 * 10 * 1.5 / 100;
    Box bounds = regions.getFirst().quad().bounds();
    assertThat(bounds.left()).isCloseTo(20 - distance, within(1e-9));
    assertThat(bounds.bottom()).isCloseTo(20 + distance, within(1e-9));
    assertThat(regions.getFirst().score()).isCloseTo(0.9, within(1e-6));
  }

  @Test
  void dropsWhatIsSmallOrUncertain() {
    assertThat(rectangle(20, 10, 41, 11, 0.5f).regions(0.3, 0.6, 1.5)).isEmpty();
    assertThat(rectangle(20, 10, 41, 3, 0.9f).regions(0.3, 0.6, 1.5)).isEmpty();
    assertThat(rectangle(20, 10, 41, 11, 0.2f).regions(0.3, 0.1, 1.5)).isEmpty();
  }

  @Test
  void componentsJoinOverCorners() {
    float[] values = {
      1, 0, 0, 0, 1,
      0, 1, 0, 0, 1,
      0, 0, 0, 0, 0,
      1, 1, 1, 0, 0
    };
    List<List<Point>> components = new TextMap(5, 4, values).components(0.5);
    assertThat(components).hasSize(3);
    assertThat(components.get(0)).contains(new Point(0, 0), new Point(1, 1));
    assertThat(components.get(1)).containsOnly(new Point(4, 0), new Point(4, 1));
    assertThat(components.get(2)).containsExactly(new Point(0, 3), new Point(2, 3));
  }

  @Test
  void meanCountsThePixelsInside() {
    Random random = new Random(1);
    float[] values = new float[60 * 40];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    TextMap map = new TextMap(60, 40, values);
    for (int angle = -80; angle <= 80; angle += 10) {
      RotatedBox box = new RotatedBox(new Point(28.3, 19.7), 30.1, 9.2, Math.toRadians(angle));
      assertThat(map.mean(box.quad())).isCloseTo(naiveMean(map, box), within(1e-9));
    }
  }

  @Test
  void refusesOtherTensors() {
    assertThatThrownBy(() -> TextMap.of(Tensor.allocate(DType.FLOAT32, 1, 2, 4, 4)))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("output of the text detector: float32[1, 2, 4, 4] (expected: float32[1, 1, H, W])");
  }

  @Test
  void rowsAreReadFromLeftToRight() {
    List<TextRegion> regions = List.of(region(50, 12), region(10, 16), region(5, 60), region(200, 8));
    assertThat(TextDetector.inReadingOrder(regions).stream().map(region -> region.quad().topLeft()))
        .containsExactly(new Point(10, 16), new Point(50, 12), new Point(200, 8), new Point(5, 60));
  }

  private static double naiveMean(TextMap map, RotatedBox box) {
    double sum = 0;
    int count = 0;
    for (int y = 0; y < map.height(); y++) {
      for (int x = 0; x < map.width(); x++) {
        double dx = x - box.center().x();
        double dy = y - box.center().y();
        boolean inside = Math.abs(dx * Math.cos(box.angle()) + dy * Math.sin(box.angle())) <= box.along() / 2
            && Math.abs(dy * Math.cos(box.angle()) - dx * Math.sin(box.angle())) <= box.across() / 2;
        if (inside) {
          sum += map.probabilities()[y * map.width() + x];
          count++;
        }
      }
    }
    return sum / count;
  }

  private static TextRegion region(double x, double y) {
    return new TextRegion(
        new Quad(new Point(x, y), new Point(x + 9, y), new Point(x + 9, y + 9), new Point(x, y + 9)), 1);
  }

  private static TextMap rectangle(int left, int top, int width, int height, float probability) {
    float[] values = new float[100 * 50];
    for (int y = top; y < top + height; y++) {
      for (int x = left; x < left + width; x++) {
        values[y * 100 + x] = probability;
      }
    }
    return new TextMap(100, 50, values);
  }
}
