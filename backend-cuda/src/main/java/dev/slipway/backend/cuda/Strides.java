package dev.slipway.backend.cuda;

import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;

/** How far the elements of a tensor lie from each other in memory, along each of its logical axes. */
final class Strides {
  private Strides() {}

  /** Elements from one position of an axis to the next. */
  static long[] of(TensorType type) {
    long[] dims = type.shape().known();
    return switch (type.layout()) {
      case Layout.Contiguous contiguous -> Shape.strides(dims);
      case Layout.ChannelsLast last -> channelsLast(dims, last.storedChannels(dims[1]));
      case Layout.Blocked blocked -> throw new IllegalArgumentException("layout: " + blocked);
    };
  }

  private static long[] channelsLast(long[] dims, long channels) {
    long[] strides = new long[dims.length];
    long next = channels;
    for (int axis = dims.length - 1; axis >= 2; axis--) {
      strides[axis] = next;
      next *= dims[axis];
    }
    strides[1] = 1;
    strides[0] = next;
    return strides;
  }

  /** Those of an operand along the axes of the result that it is broadcast to. */
  static long[] broadcast(TensorType operand, int rank) {
    long[] own = of(operand);
    long[] dims = operand.shape().known();
    long[] strides = new long[rank];
    for (int axis = 0; axis < dims.length; axis++) {
      strides[rank - dims.length + axis] = dims[axis] == 1 ? 0 : own[axis];
    }
    return strides;
  }
}
