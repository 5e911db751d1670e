package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotatedBoxTest {

  @Test
  void uprightRectangle() {
    RotatedBox box = RotatedBox.around(
        List.of(new Point(1, 2), new Point(11, 2), new Point(11, 7), new Point(1, 7), new Point(5, 5)));
    assertThat(box.area()).isCloseTo(50, within(1e-9));
    assertQuad(box.quad(), new Point(1, 2), new Point(11, 2), new Point(11, 7), new Point(1, 7));
  }

  @Test
  void triangleStandsOnItsLongestSide() {
    RotatedBox box = RotatedBox.around(List.of(new Point(0, 0), new Point(10, 0), new Point(5, 1)));
    assertThat(box.area()).isCloseTo(10, within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-80, -45.5, -30, -15, 5, 20, 44, 60, 89})
  void findsATurnedRectangle(double degrees) {
    RotatedBox expected = new RotatedBox(new Point(100, 50), 60, 12, Math.toRadians(degrees));
    RotatedBox found = RotatedBox.around(expected.quad().corners());
    assertThat(found.area()).isCloseTo(720, within(1e-6));
    assertThat(Math.min(found.along(), found.across())).isCloseTo(12, within(1e-6));
    List<Point> corners = expected.quad().corners();
    assertQuad(found.quad(), corners.get(0), corners.get(1), corners.get(2), corners.get(3));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void isAsSmallAsTheBestOfManyAnglesAndHoldsAllPoints(long seed) {
    Random random = new Random(seed);
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      points.add(new Point(random.nextInt(50), random.nextInt(30)));
    }
    RotatedBox box = RotatedBox.around(points);
    for (Point point : points) {
      double dx = point.x() - box.center().x();
      double dy = point.y() - box.center().y();
      assertThat(Math.abs(dx * Math.cos(box.angle()) + dy * Math.sin(box.angle())))
          .isLessThanOrEqualTo(box.along() / 2 + 1e-9);
      assertThat(Math.abs(dy * Math.cos(box.angle()) - dx * Math.sin(box.angle())))
          .isLessThanOrEqualTo(box.across() / 2 + 1e-9);
    }
    double swept = Double.POSITIVE_INFINITY;
    for (double angle = 0; angle < Math.PI / 2; angle += 1e-3) {
      swept = Math.min(swept, extent(points, angle) * extent(points, angle + Math.PI / 2));
    }
    assertThat(box.area()).isLessThanOrEqualTo(swept + 1e-9);
  }

  @Test
  void hullLeavesOutInnerPointsAndPointsOnEdges() {
    List<Point> hull = RotatedBox.hull(List.of(new Point(0, 0), new Point(4, 0), new Point(2, 0), new Point(4, 4),
        new Point(0, 4), new Point(1, 1), new Point(0, 0)));
    assertThat(hull).containsExactly(new Point(0, 0), new Point(4, 0), new Point(4, 4), new Point(0, 4));
  }

  @Test
  void onePointAndALine() {
    assertThat(RotatedBox.around(List.of(new Point(3, 4))).area()).isZero();
    RotatedBox line = RotatedBox.around(List.of(new Point(0, 0), new Point(3, 4), new Point(6, 8)));
    assertThat(Math.max(line.along(), line.across())).isCloseTo(10, within(1e-9));
    assertThat(line.area()).isCloseTo(0, within(1e-9));
  }

  @Test
  void growsOnEverySide() {
    RotatedBox grown = new RotatedBox(new Point(5, 5), 6, 4, 0).grow(2);
    assertQuad(grown.quad(), new Point(0, 1), new Point(10, 1), new Point(10, 9), new Point(0, 9));
  }

  private static double extent(List<Point> points, double angle) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (Point point : points) {
      double at = point.x() * Math.cos(angle) + point.y() * Math.sin(angle);
      min = Math.min(min, at);
      max = Math.max(max, at);
    }
    return max - min;
  }

  private static void assertQuad(Quad quad, Point... corners) {
    for (int i = 0; i < 4; i++) {
      assertThat(quad.corners().get(i).distance(corners[i])).isCloseTo(0, within(1e-6));
    }
  }
}
