package dev.slipway.operators;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * One axis of a {@link Resize}.
 *
 * @param from elements of the input
 * @param to elements of the output
 * @param unit with {@code multiple} the scale, multiple / unit: a fraction keeps positions exact
 * @param start the region's start, a fraction of the axis
 * @param end the region's end, a fraction of the axis
 */
public record ResizedAxis(long from, long to, double unit, double multiple, double start, double end) {

  /** Elements of the input and their weights. */
  public record Taps(int[] indices, double[] weights) {}

  /** Whether every element of the output is that of the input. */
  public boolean isIdentity(Resize resize) {
    return from == to && unit == multiple && start == 0 && end == 1
        && resize.coordinates() != Resize.Coordinates.TF_CROP_AND_RESIZE;
  }

  /** What makes each element of the output; empty outside of the input. */
  public List<Optional<Taps>> taps(Resize resize) {
    return LongStream.range(0, to)
        .mapToObj(x -> resize.mode() == Resize.Mode.NEAREST ? only(nearest(resize, x)) : taps(resize, x))
        .toList();
  }

  private static Optional<Taps> only(long index) {
    return index < 0 ? Optional.empty() : Optional.of(new Taps(new int[] {(int) index}, new double[] {1}));
  }

  /** The nearest element for each of the output, -1 outside of the input. */
  long[] nearest(Resize resize) {
    return LongStream.range(0, to).map(x -> nearest(resize, x)).toArray();
  }

  private long nearest(Resize resize, long x) {
    double position = position(resize.coordinates(), x);
    if (isOutside(resize, position)) {
      return -1;
    }
    double index = switch (resize.nearestMode()) {
      case ROUND_PREFER_FLOOR -> Math.ceil(position - 0.5);
      case ROUND_PREFER_CEIL -> Math.floor(position + 0.5);
      case FLOOR -> Math.floor(position);
      case CEIL -> Math.ceil(position);
    };
    return Math.max(0, Math.min(from - 1, (long) index));
  }

  /** What makes element {@code x} of the output; empty outside of the input. */
  Optional<Taps> taps(Resize resize, long x) {
    double position = position(resize.coordinates(), x);
    if (isOutside(resize, position)) {
      return Optional.empty();
    }
    boolean cubic = resize.mode() == Resize.Mode.CUBIC;
    double stretch = resize.antialias() ? Math.min(1, multiple / unit) : 1;
    int reach = (int) Math.ceil((cubic ? 2 : 1) / stretch);
    long first = (long) Math.ceil(position) - reach;
    int[] indices = new int[2 * reach];
    double[] weights = new double[2 * reach];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      long index = first + i;
      double distance = Math.abs(index - position) * stretch;
      boolean excluded = resize.excludeOutside() && (index < 0 || index >= from);
      weights[i] = excluded ? 0 : cubic ? keys(distance, resize.cubicCoefficient()) : Math.max(0, 1 - distance);
      indices[i] = (int) Math.max(0, Math.min(from - 1, index));
      sum += weights[i];
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= sum;
    }
    return Optional.of(new Taps(indices, weights));
  }

  /** Keys' cubic convolution kernel. */
  static double keys(double x, double a) {
    if (x <= 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  }

  private boolean isOutside(Resize resize, double position) {
    return resize.coordinates() == Resize.Coordinates.TF_CROP_AND_RESIZE && (position < 0 || position > from - 1);
  }

  /** The position in the input of element {@code x} of the output. */
  private double position(Resize.Coordinates coordinates, long x) {
    double length = multiple * from / unit;
    return switch (coordinates) {
      case HALF_PIXEL -> halfPixel(x);
      case PYTORCH_HALF_PIXEL -> length == 1 ? 0 : halfPixel(x);
      case HALF_PIXEL_SYMMETRIC -> from / 2.0 * (1 - to / length) + halfPixel(x);
      case ALIGN_CORNERS -> length == 1 ? 0 : x * (from - 1) / (length - 1);
      case ASYMMETRIC -> x * unit / multiple;
      case TF_CROP_AND_RESIZE -> (from - 1) * (length == 1
          ? (start + end) / 2
          : start + x * (end - start) / (length - 1));
    };
  }

  private double halfPixel(long x) {
    return (x + 0.5) * unit / multiple - 0.5;
  }
}
