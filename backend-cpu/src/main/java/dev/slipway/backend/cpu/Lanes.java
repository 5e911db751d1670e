package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The end of a run of floats that is no whole vector. */
final class Lanes {
  private Lanes() {}

  /** The first lanes of a vector; none for 0. */
  static VectorMask<Float> first(int count) {
    return Memory.SPECIES.indexInRange(0, count);
  }

  /** Zeros where the mask is not set, and memory is not touched there. */
  static FloatVector load(long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(Memory.SPECIES, Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER, mask);
  }

  static void store(FloatVector vector, long address, VectorMask<Float> mask) {
    vector.intoMemorySegment(Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER, mask);
  }

  /** Zero, made where it is used: a vector in a static final stays boxed. */
  static FloatVector zero() {
    return FloatVector.zero(Memory.SPECIES);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(Memory.SPECIES, value);
  }
}
