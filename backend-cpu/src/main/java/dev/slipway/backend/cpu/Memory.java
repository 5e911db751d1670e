package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The {@link AddressSpace} with vectors: its members are members here too, so that kernels name one class. It loads the
 * Vector API; code that also runs without it names {@link AddressSpace}.
 */
final class Memory extends AddressSpace {
  /** The widest vector that may be used here; its length is the channel block c of the layout NCHW[c]. */
  static final VectorSpecies<Float> SPECIES = species();

  /** Lanes in one vector of {@link #SPECIES}. */
  static final int LANES = SPECIES.length();

  /** Bytes in one vector of {@link #SPECIES}. */
  static final int VECTOR_BYTES = SPECIES.vectorByteSize();

  /** Up to so many bytes a loop copies faster than the system's routine starts. */
  private static final int SHORT_COPY = 512;

  private Memory() {}

  private static VectorSpecies<Float> species() {
    VectorSpecies<Float> widest = FloatVector.SPECIES_PREFERRED;
    boolean narrow = widest.vectorBitSize() > 256 && !CpuFeatures.allowed().contains(CpuFeature.AVX512F);
    return narrow ? FloatVector.SPECIES_256 : widest;
  }

  static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(SPECIES, ALL, address & ADDRESS_MASK, ORDER);
  }

  static void store(FloatVector vector, long address) {
    vector.intoMemorySegment(ALL, address & ADDRESS_MASK, ORDER);
  }

  /** Copies bytes between places that do not overlap. */
  static void copy(long from, long to, long bytes) {
    if (bytes > SHORT_COPY) {
      MemorySegment.copy(ALL, from, ALL, to, bytes);
      return;
    }
    long at = 0;
    for (; at + VECTOR_BYTES <= bytes; at += VECTOR_BYTES) {
      store(load(from + at), to + at);
    }
    for (; at + Integer.BYTES <= bytes; at += Integer.BYTES) {
      setInt(to + at, getInt(from + at));
    }
    for (; at < bytes; at++) {
      ALL.set(BYTE, (to + at) & ADDRESS_MASK, ALL.get(BYTE, (from + at) & ADDRESS_MASK));
    }
  }
}
