package dev.slipway.backend.cpu;

/**
 * A constant right matrix in the order in which it is split: [runs of steps][panels of columns][steps], each step as
 * one of its terms in {@link SplitFormat}. Behind it is a mark. It is split again and again, since memory gives the
 * third that float32 is shorter than its terms no faster.
 */
record SplitColumns(int columns, int depth) {
  /** Steps of a run: so many of a chunk of rows and of a panel stay in the second-level cache. */
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
    return (long) panels() * steps() * SplitFormat.WHOLE_STEP_BYTES;
  }

  /** Steps of the run that begins at a step. */
  int run(int step) {
    return Math.min(RUN, steps() - step);
  }

  /** Byte offset of a step of a panel. */
  long offset(int panel, int step) {
    int first = step / RUN * RUN;
    long before = (long) first * panels() + (long) panel * run(first) + step - first;
    return before * SplitFormat.WHOLE_STEP_BYTES;
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
        set(packed, k, column, factor * AddressSpace.get(right + k * depthStride + column * columnStride));
      }
    }
  }

  /** Packs one element; the memory was zeroed before the first. */
  void set(long packed, int k, int column, float value) {
    AddressSpace.set(packed + element(k, column), value);
    if (!SplitFormat.isOrdinary(value)) {
      AddressSpace.setInt(packed + markOffset(), 1);
    }
  }

  /** Whether some element is not below {@link SplitFormat#LIMIT}. */
  boolean isExtraordinary(long packed) {
    return AddressSpace.getInt(packed + markOffset()) != 0;
  }

  float element(long packed, int k, int column) {
    return AddressSpace.get(packed + element(k, column));
  }

  /** Byte offset of an element. */
  private long element(int k, int column) {
    int inPanel = column % SplitFormat.BLOCK;
    int pair = k % SplitFormat.STEP / 2;
    int row = inPanel / SplitFormat.TILE * SplitFormat.TILE + pair;
    int element = row * SplitFormat.STEP + inPanel % SplitFormat.TILE * 2 + k % 2;
    return offset(column / SplitFormat.BLOCK, k / SplitFormat.STEP) + (long) element * Float.BYTES;
  }
}
