package dev.slipway.backend.cpu;

/** Instructions on lanes of 32-bit floats, by their mnemonics (Intel SDM volume 2). */
interface FloatInstructions extends VectorForms {
  default void vaddps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VADDPS, d, a, b);
  }

  default void vsubps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VSUBPS, d, a, b);
  }

  default void vmulps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VMULPS, d, a, b);
  }

  default void vdivps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VDIVPS, d, a, b);
  }

  default void vminps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VMINPS, d, a, b);
  }

  default void vmaxps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VMAXPS, d, a, b);
  }

  default void vsqrtps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VSQRTPS, d, s);
  }

  default void vandps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VANDPS, d, a, b);
  }

  default void vandnps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VANDNPS, d, a, b);
  }

  default void vorps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VORPS, d, a, b);
  }

  default void vxorps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VXORPS, d, a, b);
  }

  default void vhaddps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VHADDPS, d, a, b);
  }

  default void vrcp14ps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VRCP14PS, d, s);
  }

  default void vrsqrt14ps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VRSQRT14PS, d, s);
  }

  default void vscalefps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VSCALEFPS, d, a, b);
  }

  default void vgetexpps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VGETEXPPS, d, s);
  }

  default void vgetmantps(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VGETMANTPS, d, s, immediate);
  }

  default void vrndscaleps(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VRNDSCALEPS, d, s, immediate);
  }

  default void vroundps(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VROUNDPS, d, s, immediate);
  }

  default void vrangeps(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VRANGEPS, d, a, b, immediate);
  }

  default void vfixupimmps(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VFIXUPIMMPS, d, a, b, immediate);
  }

  default void vaddss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VADDSS, d, a, b);
  }

  default void vsubss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VSUBSS, d, a, b);
  }

  default void vmulss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VMULSS, d, a, b);
  }

  default void vdivss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VDIVSS, d, a, b);
  }

  default void vminss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VMINSS, d, a, b);
  }

  default void vmaxss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VMAXSS, d, a, b);
  }

  default void vfmadd231ss(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMADD231SS, d, a, b);
  }

  default void vfmadd132ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMADD132PS, d, a, b);
  }

  default void vfmadd213ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMADD213PS, d, a, b);
  }

  default void vfmadd231ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMADD231PS, d, a, b);
  }

  default void vfmsub132ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMSUB132PS, d, a, b);
  }

  default void vfmsub213ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMSUB213PS, d, a, b);
  }

  default void vfmsub231ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFMSUB231PS, d, a, b);
  }

  default void vfnmadd132ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFNMADD132PS, d, a, b);
  }

  default void vfnmadd213ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFNMADD213PS, d, a, b);
  }

  default void vfnmadd231ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFNMADD231PS, d, a, b);
  }

  default void vfnmsub132ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFNMSUB132PS, d, a, b);
  }

  default void vfnmsub213ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFNMSUB213PS, d, a, b);
  }

  default void vfnmsub231ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VFNMSUB231PS, d, a, b);
  }

  default void vcmpps(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VCMPPS, d, a, b, immediate);
  }

  default void vcmpps(MaskRegister d, VectorRegister a, Operand b, int predicate) {
    compare(VectorOpcode.VCMPPS_MASK, d, a, b, predicate);
  }

  default void vblendmps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VBLENDMPS, d, a, b);
  }

  /** {@code b} where the sign of the selector is set, else {@code a}. */
  default void vblendvps(VectorRegister d, VectorRegister a, Operand b, VectorRegister selector) {
    rvm(VectorOpcode.VBLENDVPS, d, a, b, selector.number() << 4);
  }

  default void vblendps(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VBLENDPS, d, a, b, immediate);
  }

  default void vfpclassps(MaskRegister d, VectorRegister s, int classes) {
    vector(VectorOpcode.VFPCLASSPS, d.number(), 0, s, s.bits(), MaskRegister.K0, false, classes);
  }

  default void vcvtdq2ps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VCVTDQ2PS, d, s);
  }

  default void vcvtps2dq(VectorRegister d, Operand s) {
    rm(VectorOpcode.VCVTPS2DQ, d, s);
  }

  default void vcvttps2dq(VectorRegister d, Operand s) {
    rm(VectorOpcode.VCVTTPS2DQ, d, s);
  }

  default void vcvtph2ps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VCVTPH2PS, d, s);
  }

  default void vcvtps2ph(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VCVTPS2PH, d, s, immediate);
  }

  default void vcvtneps2bf16(VectorRegister d, VectorRegister s) {
    rm(VectorOpcode.VCVTNEPS2BF16, d, s);
  }

  default void vcvtne2ps2bf16(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VCVTNE2PS2BF16, d, a, b);
  }

  default void vdpbf16ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VDPBF16PS, d, a, b);
  }
}
