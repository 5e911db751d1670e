package dev.slipway.operators;

import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;

/**
 * Elements of a contiguous tensor as another tensor would have them: position p is at offset + Σ p·stride. Views are
 * cut, turned and repeated without moving elements; {@link #copyTo} moves them.
 */
final class StridedView {
  private final Tensor tensor;
  private final long offset;
  private final long[] dims;
  private final long[] strides;

  private StridedView(Tensor tensor, long offset, long[] dims, long[] strides) {
    this.tensor = tensor;
    this.offset = offset;
    this.dims = dims;
    this.strides = strides;
  }

  /** All elements. */
  static StridedView of(Tensor tensor) {
    return of(tensor, tensor.dims());
  }

  /** All elements under another shape of as many. */
  static StridedView of(Tensor tensor, long... dims) {
    return new StridedView(tensor, 0, dims, Shape.strides(dims));
  }

  /** Every {@code step}-th of the elements of an axis, which may run backwards. */
  StridedView slice(int axis, long start, long step, long count) {
    long[] cut = dims.clone();
    long[] steps = strides.clone();
    cut[axis] = count;
    steps[axis] *= step;
    return new StridedView(tensor, offset + start * strides[axis], cut, steps);
  }

  /** Axis {@code i} of the result is axis {@code order[i]} of this. */
  StridedView transpose(int... order) {
    long[] turned = Arrays.stream(order).mapToLong(axis -> dims[axis]).toArray();
    long[] steps = Arrays.stream(order).mapToLong(axis -> strides[axis]).toArray();
    return new StridedView(tensor, offset, turned, steps);
  }

  /** Numpy broadcasting to these dimensions. */
  StridedView broadcast(long... to) {
    long[] steps = new long[to.length];
    int lead = to.length - dims.length;
    for (int axis = 0; axis < dims.length; axis++) {
      steps[lead + axis] = dims[axis] == 1 ? 0 : strides[axis];
    }
    return new StridedView(tensor, offset, to, steps);
  }

  /** Copies all elements to the same positions of a view of the same dimensions. */
  void copyTo(StridedView to) {
    int inner = dims.length - 1;
    if (Shape.product(dims) == 0) {
      return;
    }
    if (inner < 0) {
      ElementCopy.copy(tensor, offset, to.tensor, to.offset);
      return;
    }
    long[] position = new long[dims.length];
    long outer = Shape.product(Arrays.copyOf(dims, inner));
    long from = offset;
    long at = to.offset;
    for (long i = 0; i < outer; i++) {
      copyRun(from, to, at, inner);
      for (int axis = inner - 1; axis >= 0; axis--) {
        from += strides[axis];
        at += to.strides[axis];
        if (++position[axis] < dims[axis]) {
          break;
        }
        from -= dims[axis] * strides[axis];
        at -= dims[axis] * to.strides[axis];
        position[axis] = 0;
      }
    }
  }

  private void copyRun(long from, StridedView to, long at, int axis) {
    if (strides[axis] == 1 && to.strides[axis] == 1) {
      ElementCopy.copy(tensor, from, to.tensor, at, dims[axis]);
      return;
    }
    for (long i = 0; i < dims[axis]; i++) {
      ElementCopy.copy(tensor, from + i * strides[axis], to.tensor, at + i * to.strides[axis]);
    }
  }
}
