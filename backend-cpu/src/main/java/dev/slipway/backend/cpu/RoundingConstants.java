package dev.slipway.backend.cpu;

import dev.slipway.operators.ByteRounding;
import java.lang.foreign.MemorySegment;

/** What machine code reads to round: vectors of 64 bytes with zero points (16 bits), lowest and highest bytes. */
final class RoundingConstants {
  static final int ZERO_POINTS = 0;
  static final int LOWEST = 64;
  static final int HIGHEST = 128;
  static final int BYTES = 192;

  private RoundingConstants() {}

  static void pack(ByteRounding rounding, MemorySegment to) {
    for (int i = 0; i < 64; i += Short.BYTES) {
      to.set(AddressSpace.SHORT, ZERO_POINTS + i, (short) rounding.zeroPoint());
    }
    to.asSlice(LOWEST, 64).fill((byte) rounding.lowest());
    to.asSlice(HIGHEST, 64).fill((byte) rounding.highest());
  }
}
