package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;

/**
 * What {@link WinogradTransforms} are specialised to.
 *
 * @param algorithm F(m x m, 3 x 3)
 * @param tiles tiles of a strip at most
 * @param product bytes between the vectors of a tile for two neighbouring products
 * @param block bytes between those for two blocks of channels
 * @param activation a cheap expression of {@code Input(RESULT)}, the result with its bias, that is stored in its place
 */
record WinogradSpec(
    int vectorBits,
    Winograd algorithm,
    int tiles,
    int product,
    int block,
    Expression activation) {
  /** Scratch memory starts with a table of at most eight addresses. */
  static final int TABLE_BYTES = 64;

  @Override
  public String toString() {
    return vectorBits + " bits, " + algorithm + ", tiles " + tiles + ", " + product + "/" + block + ", " + activation;
  }

  int vectorBytes() {
    return vectorBits / Byte.SIZE;
  }

  /** Bytes of scratch memory that a call needs. */
  long scratchBytes() {
    long inputs = (long) algorithm.inputs() * rowColumns();
    long outputs = (long) algorithm.inputs() * algorithm.outputs() * tiles;
    return TABLE_BYTES + Math.max(inputs, outputs) * vectorBytes();
  }

  /** Columns of a row of scratch memory: an odd number, as distances of powers of two would share few cache sets. */
  int rowColumns() {
    return columns() | 1;
  }

  /** Columns of input that a strip reads. */
  int columns() {
    return tiles * algorithm.outputs() + Winograd.TAPS - 1;
  }
}
