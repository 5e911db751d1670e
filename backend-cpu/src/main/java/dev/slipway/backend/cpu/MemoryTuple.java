package dev.slipway.backend.cpu;

/**
 * How much memory a vector instruction reads, which is also the unit of the 8-bit displacement in EVEX encodings
 * ({@code disp8*N}: Intel SDM volume 2, tables 2-34 and 2-35).
 */
enum MemoryTuple {
  /** A whole vector, or one element of 32 bits (64 with W) in every lane. */
  FULL,
  /** A whole vector. */
  FULL_MEM,
  HALF_MEM,
  QUARTER_MEM,
  BYTES_1,
  BYTES_2,
  BYTES_4,
  BYTES_8,
  BYTES_16,
  BYTES_32;

  /**
   * @param vectorBytes of the widest register operand
   * @param elementBytes of what is broadcast
   */
  int bytes(int vectorBytes, boolean broadcast, int elementBytes) {
    if (broadcast && this != FULL) {
      throw new IllegalArgumentException("broadcast: of " + this + " (expected: an instruction that broadcasts)");
    }
    return switch (this) {
      case FULL -> broadcast ? elementBytes : vectorBytes;
      case FULL_MEM -> vectorBytes;
      case HALF_MEM -> vectorBytes / 2;
      case QUARTER_MEM -> vectorBytes / 4;
      case BYTES_1 -> 1;
      case BYTES_2 -> 2;
      case BYTES_4 -> 4;
      case BYTES_8 -> 8;
      case BYTES_16 -> 16;
      case BYTES_32 -> 32;
    };
  }
}
