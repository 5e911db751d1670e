package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelRequest;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/** Requests whose tensors are all row-major, and how such tensors are seen around one axis. */
final class Contiguous {
  private Contiguous() {}

  /** Why a request is not one of float32 tensors that are contiguous; empty where it is. */
  static Optional<String> notFloat32(KernelRequest request) {
    return Requests.notFloat32(request).or(() -> blocked(request));
  }

  /** The first tensor that is not contiguous; empty where all are. */
  static Optional<String> blocked(KernelRequest request) {
    for (TensorType type : request.inputTypes()) {
      if (!type.layout().equals(Layout.CONTIGUOUS)) {
        return Optional.of("input layout " + type.layout() + " (expected: contiguous)");
      }
    }
    for (TensorType type : request.outputs()) {
      if (!type.layout().equals(Layout.CONTIGUOUS)) {
        return Optional.of("output layout " + type.layout() + " (expected: contiguous)");
      }
    }
    return Optional.empty();
  }

  /**
   * A tensor as lines along one axis.
   *
   * @param outer elements of the axes before it
   * @param length of the axis
   * @param inner elements of the axes behind it: the distance of neighbours on a line
   */
  record Lines(int outer, int length, int inner) {
    static Lines of(TensorType type, long axis) {
      long[] dims = type.shape().known();
      int at = axis(axis, dims.length);
      return new Lines(product(dims, 0, at), Math.toIntExact(dims[at]), product(dims, at + 1, dims.length));
    }

    long elements() {
      return (long) outer * length * inner;
    }
  }

  /** An axis counted from the start. */
  static int axis(long axis, int rank) {
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** Product of dimensions {@code from} to {@code to}, exclusive. */
  static int product(long[] dims, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return Math.toIntExact(product);
  }

  static long bytes(TensorType type) {
    return Shape.product(type.shape().known()) * type.dtype().bits() / Byte.SIZE;
  }
}
