package dev.slipway.backend.cpu;

/** A constant right matrix split into terms: [runs of steps][panels of columns][steps], behind it a mark. */
record SplitColumns(int columns, int depth) {
  /** Steps of a run: of so many steps the rows of a chunk stay in the second-level cache. */
  static final int RUN = 32;

  private static final int MARK_BYTES = 64;

  int panels() {
    return SplitFormat.blocks(columns);
  }

  int steps() {
    return SplitFormat.steps(depth);
  }

  long bytes() {
    return markOffset() + MARK_BYTES;
  }

  private long markOffset() {
    return (long) panels() * steps() * SplitFormat.STEP_BYTES;
  }

  /** Steps of the run that begins at a step. */
  int run(int step) {
    return Math.min(RUN, steps() - step);
  }

  /** Byte offset of a step of a panel. */
  long offset(int panel, int step) {
    int first = step / RUN * RUN;
    long before = (long) first * panels() + (long) panel * run(first) + step - first;
    return before * SplitFormat.STEP_BYTES;
  }

  /**
   * Splits a matrix.
   *
   * @param right address of element (0, 0)
   * @param depthStride bytes from one row of it to the next
   * @param columnStride bytes from one column of it to the next
   * @param factor of every element
   * @param packed zeroed
   */
  void pack(long right, long depthStride, long columnStride, float factor, long packed) {
    for (int k = 0; k < depth; k++) {
      for (int column = 0; column < columns; column++) {
        float value = factor * AddressSpace.get(right + k * depthStride + column * columnStride);
        put(packed + element(k, column), value);
        if (!SplitFormat.isOrdinary(value)) {
          AddressSpace.setInt(packed + markOffset(), 1);
        }
      }
    }
  }

  private static void put(long at, float value) {
    float rest = value;
    for (int term = 0; term < SplitFormat.TERMS; term++) {
      float part = SplitFormat.term(rest);
      AddressSpace.setShort(at + (long) term * SplitFormat.TERM_BYTES, SplitFormat.bits(part));
      rest = Float.isFinite(part) ? rest - part : 0;
    }
  }

  /** Whether some element is not below {@link SplitFormat#LIMIT}. */
  boolean isExtraordinary(long packed) {
    return AddressSpace.getInt(packed + markOffset()) != 0;
  }

  /** An element of the matrix that was split. */
  float element(long packed, int k, int column) {
    long at = packed + element(k, column);
    float sum = 0;
    for (int term = SplitFormat.TERMS - 1; term >= 0; term--) {
      sum += SplitFormat.value(AddressSpace.getShort(at + (long) term * SplitFormat.TERM_BYTES));
    }
    return sum;
  }

  /** Byte offset of the first term of an element. */
  private long element(int k, int column) {
    int inPanel = column % SplitFormat.BLOCK;
    int pair = k % SplitFormat.STEP / 2;
    return offset(column / SplitFormat.BLOCK, k / SplitFormat.STEP)
        + (long) inPanel / SplitFormat.TILE * SplitFormat.TILE_BYTES
        + (long) pair * SplitFormat.ROW_BYTES
        + (long) inPanel % SplitFormat.TILE * Float.BYTES
        + (long) k % 2 * Short.BYTES;
  }
}
