package dev.slipway.backend.cpu;

import java.lang.foreign.ValueLayout;

/** Elements of integer types at absolute addresses: see {@link Memory}. */
final class Bytes {
  private Bytes() {}

  static byte get(long address) {
    return Memory.ALL.get(ValueLayout.JAVA_BYTE, address & Memory.ADDRESS_MASK);
  }

  static void set(long address, byte value) {
    Memory.ALL.set(ValueLayout.JAVA_BYTE, address & Memory.ADDRESS_MASK, value);
  }
}
