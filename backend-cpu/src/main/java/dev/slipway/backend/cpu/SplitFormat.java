package dev.slipway.backend.cpu;

/**
 * How matrices of float32 lie as terms of bfloat16. Each number is the sum of three terms: the nearest bfloat16, the
 * nearest to what is left, and the rest, 24 bits together. Products of tiles add the six largest products of terms;
 * those that are left out are below 2<sup>-24</sup> of the whole.
 *
 * <p>A step holds {@link #STEP} elements of the depth of {@link #BLOCK} rows of the left matrix: [terms][2 tiles][16
 * rows][32 elements], or of as many columns of the right one: [terms][2 tiles][16 pairs of elements][16 columns][2].
 */
final class SplitFormat {
  /** Elements of the depth in a step. */
  static final int STEP = 32;

  /** Rows or columns of a step. */
  static final int BLOCK = 32;

  /** Rows or columns of a tile. */
  static final int TILE = 16;

  static final int TERMS = 3;

  /** Products of terms that count: those that are left out are below the rounding of float32. */
  static final int PRODUCTS = 6;

  /** Bytes of one row of a tile. */
  static final int ROW_BYTES = 64;

  static final int TILE_BYTES = TILE * ROW_BYTES;
  static final int TERM_BYTES = 2 * TILE_BYTES;
  static final int STEP_BYTES = TERMS * TERM_BYTES;

  /** Bytes of a step that is not split yet. */
  static final int WHOLE_STEP_BYTES = STEP * BLOCK * Float.BYTES;

  /**
   * The magnitude from which on numbers are not computed by terms: products of smaller ones are finite. What is no
   * number is above it too.
   */
  static final float LIMIT = 0x1p62f;

  private SplitFormat() {}

  static int steps(int depth) {
    return Math.ceilDiv(depth, STEP);
  }

  static int blocks(int rows) {
    return Math.ceilDiv(rows, BLOCK);
  }

  /** Whether terms represent a number. */
  static boolean isOrdinary(float value) {
    return Math.abs(value) < LIMIT;
  }
}
