package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/** Copies between arrays and native memory. */
final class Floats {
  private Floats() {}

  /** Reads {@code count} floats into an array from an index on. */
  static void read(long address, float[] to, int index, int count) {
    MemorySegment.copy(AddressSpace.ALL, AddressSpace.FLOAT, address, to, index, count);
  }

  /** Writes the first {@code count} floats of an array. */
  static void write(float[] from, int count, long address) {
    MemorySegment.copy(from, 0, AddressSpace.ALL, AddressSpace.FLOAT, address, count);
  }
}
