package dev.slipway.backend.cpu;

/** A product of row-major matrices of bytes with a constant right one. */
interface ByteMatrix {
  MatrixShape shape();

  WorkerPool pool();

  long inputBytes();

  long outputBytes();

  long scratchBytes();

  /**
   * Multiplies on its pool.
   *
   * @param scratch {@link #scratchBytes} of memory
   */
  void run(ByteProduct.Operands operands, long scratch);
}
