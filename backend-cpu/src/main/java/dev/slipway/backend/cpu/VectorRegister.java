package dev.slipway.backend.cpu;

/**
 * A vector register, as a destination with the lanes that are written.
 *
 * @param bits 128, 256 or 512
 * @param mask the lanes that an instruction writes; {@code K0} for all
 * @param zeroing whether lanes outside the mask become zero rather than stay
 */
record VectorRegister(int number, int bits, MaskRegister mask, boolean zeroing) implements Register, Operand {

  VectorRegister {
    if (number < 0 || number > 31) {
      throw new IllegalArgumentException("vector register: " + number + " (expected: 0 to 31)");
    }
    if (bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("vector register: " + bits + " bits (expected: 128, 256 or 512)");
    }
  }

  VectorRegister(int number, int bits) {
    this(number, bits, MaskRegister.K0, false);
  }

  static VectorRegister xmm(int number) {
    return new VectorRegister(number, 128);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VectorRegister register
        && number == register.number
        && bits == register.bits
        && mask == register.mask
        && zeroing == register.zeroing;
  }

  @Override
  public int hashCode() {
    return (number * 8 + mask.ordinal()) * 2 * bits + (zeroing ? 1 : 0);
  }

  static VectorRegister ymm(int number) {
    return new VectorRegister(number, 256);
  }

  static VectorRegister zmm(int number) {
    return new VectorRegister(number, 512);
  }

  /** This destination with only the lanes of the mask written. */
  VectorRegister masked(MaskRegister lanes) {
    return new VectorRegister(number, bits, lanes, false);
  }

  /** This destination with the lanes outside the mask set to zero. */
  VectorRegister zeroed(MaskRegister lanes) {
    return new VectorRegister(number, bits, lanes, true);
  }

  /** The low part of this register, or the whole of which this is the low part. */
  VectorRegister withBits(int width) {
    return new VectorRegister(number, width);
  }
}
