package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How kernels in Java reach native memory: one constant segment over the whole address space, indexed by
 * absolute addresses that went through {@link #at}.
 *
 * <p>The bounds check of a segment access asks {@code 0 <= offset <= size - width}. The mask in {@link #at} gives the
 * offset the static range [0, 2^62), so C2 proves the check against a size of 2^63 - 1 while parsing and emits none.
 * Without it C2 peels and spills around every short loop. Measured on one 6x4 tile of AVX-512 FMAs, loops of 16 steps,
 * as a fraction of the FMA peak: masked absolute addresses 0.89, {@code float[]} 0.80, absolute addresses without the
 * mask 0.64, a segment reinterpreted to the global scope 0.56, a segment of a shared arena 0.55.
 *
 * <p>The price: an access is not checked at all. So a kernel checks the extents of its operands once per call, where
 * its segments turn into addresses, and its index arithmetic is tested on random shapes against a naive reference.
 */
sealed class AddressSpace permits Memory {
  /** The address space as one segment: offset = address. */
  @SuppressWarnings("restricted")
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** The byte order of tensors in memory. */
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** A float at any address; the aligned layout would add an alignment check to every access. */
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Alignment of every buffer that kernels allocate: one cache line, one AVX-512 vector. */
  static final int ALIGNMENT = 64;

  static final long ADDRESS_MASK = Long.MAX_VALUE >>> 1;

  AddressSpace() {}

  /** The address unchanged, with a range that C2 can see. */
  static long at(long address) {
    return address & ADDRESS_MASK;
  }

  static float get(long address) {
    return ALL.get(FLOAT, address & ADDRESS_MASK);
  }

  static void set(long address, float value) {
    ALL.set(FLOAT, address & ADDRESS_MASK, value);
  }

  static int getInt(long address) {
    return ALL.get(INT, address & ADDRESS_MASK);
  }

  static long getLong(long address) {
    return ALL.get(LONG, address & ADDRESS_MASK);
  }

  static void setInt(long address, int value) {
    ALL.set(INT, address & ADDRESS_MASK, value);
  }

  static void setLong(long address, long value) {
    ALL.set(LONG, address & ADDRESS_MASK, value);
  }

  static short getShort(long address) {
    return ALL.get(SHORT, address & ADDRESS_MASK);
  }

  static void setShort(long address, short value) {
    ALL.set(SHORT, address & ADDRESS_MASK, value);
  }

  /** Smallest multiple of {@code step} that is at least {@code n}. */
  static long roundUp(long n, int step) {
    return Math.ceilDiv(n, step) * step;
  }

  /** Writes zeros to a few floats; returns the address behind them. */
  static long clear(long address, long bytes) {
    for (long at = address; at < address + bytes; at += Float.BYTES) {
      set(at, 0);
    }
    return address + bytes;
  }

  /**
   * Address of a native segment that holds at least {@code bytes} bytes.
   *
   * @throws IllegalArgumentException when it is smaller, or on the heap
   */
  static long address(MemorySegment segment, long bytes, String what) {
    if (segment.byteSize() < bytes) {
      throw new IllegalArgumentException(
          what + ": " + segment.byteSize() + " bytes (expected: at least " + bytes + ")");
    }
    if (!segment.isNative()) {
      throw new IllegalArgumentException(what + ": a segment on the heap (expected: native memory)");
    }
    return segment.address();
  }
}
