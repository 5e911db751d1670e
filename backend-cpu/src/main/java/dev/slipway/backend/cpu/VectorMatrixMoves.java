package dev.slipway.backend.cpu;

/** {@link MatrixMoves} over the Vector API. */
final class VectorMatrixMoves implements MatrixMoves {
  @Override
  public void copy(long from, long fromStride, long to, long toStride, int rows, int columns) {
    int whole = columns / Memory.LANES;
    for (int row = 0; row < rows; row++) {
      long source = from + row * fromStride;
      long target = to + row * toStride;
      for (int i = 0; i < whole; i++) {
        long offset = (long) i * Memory.VECTOR_BYTES;
        Memory.store(Memory.load(source + offset), target + offset);
      }
      for (int column = whole * Memory.LANES; column < columns; column++) {
        Memory.set(target + (long) column * Float.BYTES, Memory.get(source + (long) column * Float.BYTES));
      }
    }
  }

  @Override
  public void transpose(long from, long fromStride, long to, long toStride, int rows, int columns) {
    MatrixMoves.transposeSingly(from, fromStride, to, toStride, rows, 0, columns);
  }
}
