package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/** {@link MatrixMoves} that need neither machine code nor the Vector API. */
final class ScalarMatrixMoves implements MatrixMoves {
  @Override
  public void copy(long from, long fromStride, long to, long toStride, int rows, int columns) {
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          AddressSpace.ALL,
          from + row * fromStride,
          AddressSpace.ALL,
          to + row * toStride,
          (long) columns * Float.BYTES);
    }
  }

  @Override
  public void transpose(long from, long fromStride, long to, long toStride, int rows, int columns) {
    MatrixMoves.transposeSingly(from, fromStride, to, toStride, rows, 0, columns);
  }
}
