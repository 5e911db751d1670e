package dev.slipway.backend.cpu;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;

/** A contiguous tensor as the operand of a result that it broadcasts to. */
final class BroadcastOperand {
  /** How elements are read into a block. */
  @FunctionalInterface
  private interface Load {
    void run(DType type, long from, int step, long to, int count);
  }

  private final DType type;
  private final int elementBytes;
  private final long bytes;
  /** Elements of the result from one row to the next axis, for the axes outside of the innermost. */
  private final long[] sizes;
  private final long[] strides;
  private final int inner;
  private final int step;

  BroadcastOperand(TensorType operand, TensorType result) {
    type = operand.dtype();
    elementBytes = type.bits() / Byte.SIZE;
    bytes = operand.bytes();
    long[] to = result.shape().known();
    long[] from = operand.shape().known();
    long[] all = new long[to.length];
    long stride = 1;
    for (int axis = from.length - 1; axis >= 0; axis--) {
      all[axis + to.length - from.length] = from[axis] == 1 ? 0 : stride;
      stride *= from[axis];
    }
    // The innermost axes along which the operand moves steadily count as one.
    int first = to.length;
    long length = 1;
    long unit = to.length == 0 ? 0 : all[to.length - 1];
    while (first > 0 && (to[first - 1] == 1 || all[first - 1] == unit * length)) {
      first--;
      length *= to[first];
    }
    inner = Math.toIntExact(length);
    step = (int) unit;
    sizes = Arrays.copyOf(to, first);
    strides = Arrays.copyOf(all, first);
  }

  DType type() {
    return type;
  }

  long bytes() {
    return bytes;
  }

  /** Reads the operands of elements {@code first} and on of the result as doubles. */
  void loadDoubles(long address, long first, int count, long to) {
    load(TypedBlock::loadDoubles, address, first, count, to);
  }

  /** The same as longs. */
  void loadLongs(long address, long first, int count, long to) {
    load(TypedBlock::loadLongs, address, first, count, to);
  }

  private void load(Load load, long address, long first, int count, long to) {
    int done = 0;
    while (done < count) {
      long element = first + done;
      int column = (int) (element % inner);
      int run = Math.min(count - done, inner - column);
      long from = row(element / inner) + (long) column * step;
      load.run(type, address + from * elementBytes, step, to + 8L * done, run);
      done += run;
    }
  }

  /** The element at which a row begins. */
  private long row(long row) {
    long element = 0;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      element += row % sizes[axis] * strides[axis];
      row /= sizes[axis];
    }
    return element;
  }
}
