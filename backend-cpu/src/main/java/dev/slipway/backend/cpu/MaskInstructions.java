package dev.slipway.backend.cpu;

/** Instructions on the mask registers of AVX-512, by their mnemonics (Intel SDM volume 2). */
interface MaskInstructions extends VectorForms {
  default void kmovb(MaskRegister d, MaskRegister s) {
    mask(VectorOpcode.KMOVB, d, s);
  }

  default void kmovb(MaskRegister d, Address s) {
    mask(VectorOpcode.KMOVB, d, s);
  }

  default void kmovb(Address d, MaskRegister s) {
    mask(VectorOpcode.KMOVB_STORE, s, d);
  }

  default void kmovb(MaskRegister d, Gpr s) {
    mask(VectorOpcode.KMOVB_FROM_GPR, d, s);
  }

  default void kmovb(Gpr d, MaskRegister s) {
    mask(VectorOpcode.KMOVB_TO_GPR, d, s);
  }

  default void kmovw(MaskRegister d, MaskRegister s) {
    mask(VectorOpcode.KMOVW, d, s);
  }

  default void kmovw(MaskRegister d, Address s) {
    mask(VectorOpcode.KMOVW, d, s);
  }

  default void kmovw(Address d, MaskRegister s) {
    mask(VectorOpcode.KMOVW_STORE, s, d);
  }

  default void kmovw(MaskRegister d, Gpr s) {
    mask(VectorOpcode.KMOVW_FROM_GPR, d, s);
  }

  default void kmovw(Gpr d, MaskRegister s) {
    mask(VectorOpcode.KMOVW_TO_GPR, d, s);
  }

  default void kmovd(MaskRegister d, MaskRegister s) {
    mask(VectorOpcode.KMOVD, d, s);
  }

  default void kmovd(MaskRegister d, Address s) {
    mask(VectorOpcode.KMOVD, d, s);
  }

  default void kmovd(Address d, MaskRegister s) {
    mask(VectorOpcode.KMOVD_STORE, s, d);
  }

  default void kmovd(MaskRegister d, Gpr s) {
    mask(VectorOpcode.KMOVD_FROM_GPR, d, s);
  }

  default void kmovd(Gpr d, MaskRegister s) {
    mask(VectorOpcode.KMOVD_TO_GPR, d, s);
  }

  default void kmovq(MaskRegister d, MaskRegister s) {
    mask(VectorOpcode.KMOVQ, d, s);
  }

  default void kmovq(MaskRegister d, Address s) {
    mask(VectorOpcode.KMOVQ, d, s);
  }

  default void kmovq(Address d, MaskRegister s) {
    mask(VectorOpcode.KMOVQ_STORE, s, d);
  }

  default void kmovq(MaskRegister d, Gpr s) {
    mask(VectorOpcode.KMOVQ_FROM_GPR, d, s);
  }

  default void kmovq(Gpr d, MaskRegister s) {
    mask(VectorOpcode.KMOVQ_TO_GPR, d, s);
  }

  default void kandw(MaskRegister d, MaskRegister a, MaskRegister b) {
    mask(VectorOpcode.KANDW, d, a, b);
  }

  default void kandnw(MaskRegister d, MaskRegister a, MaskRegister b) {
    mask(VectorOpcode.KANDNW, d, a, b);
  }

  default void korw(MaskRegister d, MaskRegister a, MaskRegister b) {
    mask(VectorOpcode.KORW, d, a, b);
  }

  default void kxnorw(MaskRegister d, MaskRegister a, MaskRegister b) {
    mask(VectorOpcode.KXNORW, d, a, b);
  }

  default void kxorw(MaskRegister d, MaskRegister a, MaskRegister b) {
    mask(VectorOpcode.KXORW, d, a, b);
  }

  default void knotw(MaskRegister d, MaskRegister s) {
    mask(VectorOpcode.KNOTW, d, s);
  }

  default void kortestw(MaskRegister d, MaskRegister s) {
    mask(VectorOpcode.KORTESTW, d, s);
  }

  default void kshiftlw(MaskRegister d, MaskRegister s, int count) {
    mask(VectorOpcode.KSHIFTLW, d, s, count);
  }

  default void kshiftrw(MaskRegister d, MaskRegister s, int count) {
    mask(VectorOpcode.KSHIFTRW, d, s, count);
  }
}
