package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Rows of a plane of {@link ChannelBytes} with the border that a window's padding asks for, copied so that kernels see
 * no edge. Thread-safe: it holds no state of a call.
 */
record PaddedRows(ConvShape shape) {
  private static final long EACH_BYTE = 0x0101010101010101L;

  /** Pixels of a row. */
  int width() {
    return shape.inWidth() + shape.padLeft() + shape.padRight();
  }

  /** Rows under the windows of so many rows of output. */
  int count(int outRows) {
    return (outRows - 1) * shape.strideHeight() + windowRows();
  }

  /** Rows under one window. */
  int windowRows() {
    return shape.dilationHeight() * (shape.kernelHeight() - 1) + 1;
  }

  long bytes(int outRows) {
    return (long) count(outRows) * rowBytes();
  }

  private long rowBytes() {
    return (long) width() * ChannelBytes.BLOCK;
  }

  /**
   * Copies the rows under the windows of some rows of output.
   *
   * @param plane of a block, not padded
   * @param filling the byte of the border
   */
  void copy(long plane, int outRow, int outRows, int filling, long to) {
    long inRow = (long) shape.inWidth() * ChannelBytes.BLOCK;
    long left = (long) shape.padLeft() * ChannelBytes.BLOCK;
    long right = (long) shape.padRight() * ChannelBytes.BLOCK;
    int first = outRow * shape.strideHeight() - shape.padTop();
    for (int i = 0; i < count(outRows); i++) {
      long at = to + i * rowBytes();
      int row = first + i;
      if (row < 0 || row >= shape.inHeight()) {
        fill(at, rowBytes(), filling);
      } else {
        fill(at, left, filling);
        MemorySegment.copy(AddressSpace.ALL, plane + row * inRow, AddressSpace.ALL, at + left, inRow);
        fill(at + left + inRow, right, filling);
      }
    }
  }

  private static void fill(long to, long bytes, int filling) {
    for (long i = 0; i < bytes; i += Long.BYTES) {
      AddressSpace.setLong(to + i, filling * EACH_BYTE);
    }
  }
}
