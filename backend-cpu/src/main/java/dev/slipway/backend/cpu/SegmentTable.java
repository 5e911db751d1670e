package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The input of a {@link TileKernel}'s pixel as runs of consecutive floats, in native memory: the number of segments
 * and that of the steps of all, then for each a 64-bit byte offset and a 64-bit number of steps, and space for one
 * more, since kernels look ahead.
 */
final class SegmentTable {
  static final int HEADER_BYTES = 16;
  static final int ENTRY_BYTES = 16;

  /** Where the header has the steps of all segments. */
  static final int STEPS = 8;

  /** Such are the rows of a convolution's window over a plain image. */
  private static final int FEW_STEPS = 8;

  private final MemorySegment table;
  private int count;
  private int steps;
  private long shortest = Long.MAX_VALUE;
  private long longest;

  /** An empty table. */
  SegmentTable(int capacity, Arena arena) {
    table = arena.allocate(HEADER_BYTES + (capacity + 1L) * ENTRY_BYTES, AddressSpace.ALIGNMENT);
  }

  /** The table of a matrix product: one run. */
  static SegmentTable of(int steps, Arena arena) {
    SegmentTable table = new SegmentTable(1, arena);
    table.add(0, steps);
    return table;
  }

  /**
   * Appends a segment.
   *
   * @param offset bytes from a pixel's input to the run
   * @param length floats of the run
   */
  void add(long offset, long length) {
    long at = HEADER_BYTES + (long) count * ENTRY_BYTES;
    table.set(ValueLayout.JAVA_LONG, at, offset);
    table.set(ValueLayout.JAVA_LONG, at + Long.BYTES, length);
    count++;
    steps += (int) length;
    shortest = Math.min(shortest, length);
    longest = Math.max(longest, length);
    table.set(ValueLayout.JAVA_LONG, 0, count);
    table.set(ValueLayout.JAVA_LONG, STEPS, steps);
  }

  /** Floats of all runs. */
  int steps() {
    return steps;
  }

  /** Floats of every run where all have the same few, for which a kernel needs no loop; else 0. */
  int fewSteps() {
    return shortest == longest && longest <= FEW_STEPS ? (int) longest : 0;
  }

  /** Valid as long as the arena is alive and this object is reachable. */
  long address() {
    return table.address();
  }
}
