package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** Where the slices lie that {@link GatherND} and {@link ScatterND} speak of. */
final class SliceIndices {
  private SliceIndices() {}

  /**
   * For each index tuple the number of the slice of data that it names.
   *
   * @param batchDims leading axes that data and indices have in common
   */
  static long[] of(long[] data, Tensor indices, int batchDims) {
    int length = (int) indices.dim(-1);
    int count = Math.toIntExact(Shape.product(Arrays.copyOf(indices.dims(), indices.rank() - 1)));
    int batches = Math.toIntExact(Shape.product(Arrays.copyOf(data, batchDims)));
    long[] slices = new long[count];
    for (int i = 0; i < count; i++) {
      long slice = i / (count / batches);
      for (int k = 0; k < length; k++) {
        long size = data[batchDims + k];
        slice = slice * size + Indices.normalize(indices.getLong((long) i * length + k), size);
      }
      slices[i] = slice;
    }
    return slices;
  }

  /** Elements of one slice. */
  static long size(long[] data, Tensor indices, int batchDims) {
    return Shape.product(Arrays.copyOfRange(data, batchDims + (int) indices.dim(-1), data.length));
  }

  /** The last axis of the indices, the length of a tuple, where it is known. */
  static Optional<Integer> tuple(Shape data, Shape indices, int batchDims) {
    if (indices.rank() < 1 || data.rank() < 1) {
      throw new InvalidGraphException(
          "shapes: data " + data + ", indices " + indices + " (expected: at least one axis each)");
    }
    if (!(indices.dim(-1) instanceof Dim.Known(long length))) {
      return Optional.empty();
    }
    if (length < 1 || length + batchDims > data.rank()) {
      throw new InvalidGraphException("last axis of indices " + indices + ": " + length + " (expected: 1 to "
          + (data.rank() - batchDims) + ", the axes of data)");
    }
    return Optional.of((int) length);
  }
}
