package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
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

  /** Every axis stays but the one that is mixed. */
  static AxisFlow flow(List<TensorType> in, long mixed) {
    Shape x = in.getFirst().shape();
    if (!x.ranked()) {
      return new AxisFlow.Opaque("the rank is not known");
    }
    int axis = Axes.normalize(mixed, x.rank());
    return new AxisFlow.Links(IntStream.range(0, x.rank())
        .filter(other -> other != axis)
        .mapToObj(other -> AxisFlow.Link.of(0, other, 0, other))
        .toList());
  }
}
