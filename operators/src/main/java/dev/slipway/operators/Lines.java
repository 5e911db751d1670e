package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The lines of a row-major tensor along one axis. */
record Lines(int outer, int length, int inner) {

  static Lines of(long[] dims, int axis) {
    return new Lines(
        Math.toIntExact(Shape.product(Arrays.copyOf(dims, axis))),
        Math.toIntExact(dims[axis]),
        Math.toIntExact(Shape.product(Arrays.copyOfRange(dims, axis + 1, dims.length))));
  }

  int count() {
    return outer * inner;
  }

  /** The index of an element of a line. */
  int index(int line, int position) {
    return (line / inner * length + position) * inner + line % inner;
  }

  double[] read(double[] from, int line) {
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = from[index(line, i)];
    }
    return values;
  }

  void write(double[] values, int line, double[] to) {
    for (int i = 0; i < length; i++) {
      to[index(line, i)] = values[i];
    }
  }

  /** The largest element, NaN where one is; minus infinity of nothing. */
  static double max(double[] line) {
    double max = Double.NEGATIVE_INFINITY;
    for (double x : line) {
      max = Math.max(max, x);
    }
    return max;
  }

  /** Every axis of the first input stays. */
  static AxisFlow flow(List<TensorType> in) {
    return flow(in, IntStream.empty());
  }

  /** Every axis of the first input stays but those that are mixed. */
  static AxisFlow flow(List<TensorType> in, IntStream mixed) {
    Shape x = in.getFirst().shape();
    if (!x.ranked()) {
      return new AxisFlow.Opaque("the rank is not known");
    }
    Set<Integer> axes = mixed.map(axis -> Axes.normalize(axis, x.rank())).boxed().collect(Collectors.toSet());
    return new AxisFlow.Links(IntStream.range(0, x.rank())
        .filter(axis -> !axes.contains(axis))
        .mapToObj(axis -> AxisFlow.Link.of(0, axis, 0, axis))
        .toList());
  }
}
