package dev.slipway.backend.cpu;

import java.util.Optional;

/** A memory operand: {@code base + index * scale + displacement}, or a label plus a displacement. */
final class Address implements Operand {
  private final Gpr base;
  private final Gpr index;
  private final int scale;
  private final int displacement;
  private final Optional<Label> label;
  private final boolean broadcast;
  private final MaskRegister mask;

  private Address(
      Gpr base, Gpr index, int scale, int displacement, Optional<Label> label, boolean broadcast, MaskRegister mask) {
    this.base = base;
    this.index = index;
    this.scale = scale;
    this.displacement = displacement;
    this.label = label;
    this.broadcast = broadcast;
    this.mask = mask;
  }

  static Address of(Gpr base) {
    return of(base, 0);
  }

  static Address of(Gpr base, int displacement) {
    return new Address(base, Gpr.RSP, 1, displacement, Optional.empty(), false, MaskRegister.K0);
  }

  /**
   * @param index any register but RSP, whose number stands for none
   * @param scale 1, 2, 4 or 8
   */
  static Address of(Gpr base, Gpr index, int scale, int displacement) {
    if (index == Gpr.RSP) {
      throw new IllegalArgumentException("index: RSP (expected: another register)");
    }
    if (scale != 1 && scale != 2 && scale != 4 && scale != 8) {
      throw new IllegalArgumentException("scale: " + scale + " (expected: 1, 2, 4 or 8)");
    }
    return new Address(base, index, scale, displacement, Optional.empty(), false, MaskRegister.K0);
  }

  /** Memory within the code, relative to the instruction pointer. */
  static Address of(Label label) {
    return new Address(Gpr.RBP, Gpr.RSP, 1, 0, Optional.of(label), false, MaskRegister.K0);
  }

  /** One element, repeated in every lane: {@code {1toN}}. AVX-512 only. */
  Address bcst() {
    return new Address(base, index, scale, displacement, label, true, mask);
  }

  /** The one element of a broadcast, as memory. */
  Address element() {
    return new Address(base, index, scale, displacement, label, false, mask);
  }

  /** This destination with only the lanes of the mask written. AVX-512 only. */
  Address masked(MaskRegister lanes) {
    return new Address(base, index, scale, displacement, label, broadcast, lanes);
  }

  /** The address so many bytes further. */
  Address plus(int bytes) {
    return new Address(base, index, scale, Math.addExact(displacement, bytes), label, broadcast, mask);
  }

  Gpr base() {
    return base;
  }

  boolean isIndexed() {
    return index != Gpr.RSP;
  }

  /** RSP for none. */
  Gpr index() {
    return index;
  }

  int scale() {
    return scale;
  }

  int displacement() {
    return displacement;
  }

  Optional<Label> label() {
    return label;
  }

  boolean isBroadcast() {
    return broadcast;
  }

  MaskRegister mask() {
    return mask;
  }
}
