package dev.slipway.operators;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;

/** Tensors cut along an axis, and put together again. */
final class TensorParts {
  private TensorParts() {}

  /** Some elements of an axis. */
  static Tensor part(Tensor x, int axis, long start, long count) {
    long[] dims = x.dims();
    if (start < 0 || count < 0 || count > dims[axis] - start) {
      throw new SlipwayException("part of axis " + axis + " of " + x.type() + ": " + count + " elements from " + start
          + " on (expected: within the axis)");
    }
    dims[axis] = count;
    Tensor part = Tensor.allocate(x.dtype(), dims);
    StridedView.of(x).slice(axis, start, 1, count).copyTo(StridedView.of(part));
    return part;
  }

  /** One element of an axis, which goes. */
  static Tensor element(Tensor x, int axis, long index) {
    return part(x, axis, index, 1).reshape(without(x.dims(), axis));
  }

  /** Tensors one after the other along an axis. */
  static Tensor join(List<Tensor> parts, int axis) {
    long[] dims = parts.getFirst().dims();
    dims[axis] = parts.stream().mapToLong(part -> part.dim(axis)).sum();
    Tensor joined = Tensor.allocate(parts.getFirst().dtype(), dims);
    long start = 0;
    for (Tensor part : parts) {
      requireLike(part, joined, axis);
      StridedView.of(part).copyTo(StridedView.of(joined).slice(axis, start, 1, part.dim(axis)));
      start += part.dim(axis);
    }
    return joined;
  }

  /** Tensors of one shape along a new axis. */
  static Tensor stack(List<Tensor> elements, int axis) {
    return join(elements.stream().map(element -> element.reshape(with(element.dims(), axis, 1))).toList(), axis);
  }

  /** Dimensions and one more. */
  static long[] with(long[] dims, int axis, long size) {
    long[] more = new long[dims.length + 1];
    System.arraycopy(dims, 0, more, 0, axis);
    more[axis] = size;
    System.arraycopy(dims, axis, more, axis + 1, dims.length - axis);
    return more;
  }

  /** Dimensions but for one. */
  static long[] without(long[] dims, int axis) {
    long[] fewer = new long[dims.length - 1];
    System.arraycopy(dims, 0, fewer, 0, axis);
    System.arraycopy(dims, axis + 1, fewer, axis, fewer.length - axis);
    return fewer;
  }

  private static void requireLike(Tensor part, Tensor joined, int axis) {
    boolean fits = part.dtype() == joined.dtype() && part.rank() == joined.rank()
        && part.shape().with(axis, Dim.ONE).equals(joined.shape().with(axis, Dim.ONE));
    if (!fits) {
      throw new SlipwayException("tensor: " + part.type() + " (expected: like " + joined.type() + " but for axis "
          + axis + ")");
    }
  }
}
