package dev.slipway.backend.cpu;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Bytes and ints at absolute addresses, one or as many as a vector of floats has lanes: see {@link Memory}. */
final class Bytes {
  private static final int SMALLEST_VECTOR_BITS = 64;

  /** Whether there is a vector of bytes with as many lanes as one of floats. */
  static final boolean VECTORS = Memory.LANES * Byte.SIZE >= SMALLEST_VECTOR_BITS;

  private static final VectorSpecies<Byte> SPECIES = VectorSpecies.of(
      byte.class, VectorShape.forBitSize(Math.max(Memory.LANES * Byte.SIZE, SMALLEST_VECTOR_BITS)));
  /** Ints, as many as a vector of floats has lanes. */
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Memory.SPECIES.vectorShape());

  private Bytes() {}

  static byte get(long address) {
    return Memory.ALL.get(ValueLayout.JAVA_BYTE, address & Memory.ADDRESS_MASK);
  }

  static void set(long address, byte value) {
    Memory.ALL.set(ValueLayout.JAVA_BYTE, address & Memory.ADDRESS_MASK, value);
  }

  /** A byte as the number that it is in its type. */
  static int get(long address, boolean signed) {
    byte value = get(address);
    return signed ? value : Byte.toUnsignedInt(value);
  }

  /** A vector of signed bytes, widened; only where {@link #VECTORS}. */
  static IntVector loadSigned(long address) {
    return (IntVector) load(address).convertShape(VectorOperators.B2I, INTS, 0);
  }

  /** A vector of unsigned bytes, widened; only where {@link #VECTORS}. */
  static IntVector loadUnsigned(long address) {
    return (IntVector) load(address).convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
  }

  private static ByteVector load(long address) {
    return ByteVector.fromMemorySegment(SPECIES, Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER);
  }

  /** The low bytes of a vector; only where {@link #VECTORS}. */
  static void store(IntVector values, long address) {
    ((ByteVector) values.convertShape(VectorOperators.I2B, SPECIES, 0))
        .intoMemorySegment(Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER);
  }

  static int getInt(long address) {
    return Memory.ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address & Memory.ADDRESS_MASK);
  }

  static void setInt(long address, int value) {
    Memory.ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address & Memory.ADDRESS_MASK, value);
  }

  static IntVector loadInts(long address) {
    return IntVector.fromMemorySegment(INTS, Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER);
  }

  static void storeInts(IntVector values, long address) {
    values.intoMemorySegment(Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER);
  }
}
