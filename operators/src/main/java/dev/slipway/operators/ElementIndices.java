package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;

/** Where the elements lie that {@link GatherElements} and {@link ScatterElements} speak of. */
final class ElementIndices {
  private ElementIndices() {}

  /** For each element of the indices the element of data at its position, but for one axis, where it is the index. */
  static long[] of(long[] data, Tensor indices, long axis) {
    int along = Axes.normalize(axis, data.length);
    long[] strides = Shape.strides(data);
    long[] dims = indices.dims();
    long[] position = new long[dims.length];
    long[] elements = new long[Math.toIntExact(indices.elementCount())];
    for (int i = 0; i < elements.length; i++) {
      for (int k = 0; k < dims.length; k++) {
        elements[i] += Indices.normalize(k == along ? indices.getLong(i) : position[k], data[k]) * strides[k];
      }
      for (int k = dims.length - 1; k >= 0 && ++position[k] == dims[k]; k--) {
        position[k] = 0;
      }
    }
    return elements;
  }

  static void requireRank(Shape data, Shape indices) {
    if (data.rank() != indices.rank()) {
      throw new InvalidGraphException("indices: " + indices + " (expected: as many axes as data " + data + ")");
    }
  }
}
