package dev.slipway.backend.cpu;

/** Instructions that move vectors and lanes, by their mnemonics (Intel SDM volume 2). */
interface MoveInstructions extends VectorForms {
  default void vmovups(VectorRegister d, Operand s) {
    move(VectorOpcode.VMOVUPS, VectorOpcode.VMOVUPS_STORE, d, s);
  }

  default void vmovups(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVUPS_STORE, d, s);
  }

  default void vmovaps(VectorRegister d, Operand s) {
    move(VectorOpcode.VMOVAPS, VectorOpcode.VMOVAPS_STORE, d, s);
  }

  default void vmovaps(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVAPS_STORE, d, s);
  }

  default void vmovdqu(VectorRegister d, Operand s) {
    move(VectorOpcode.VMOVDQU, VectorOpcode.VMOVDQU_STORE, d, s);
  }

  default void vmovdqu(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVDQU_STORE, d, s);
  }

  default void vmovdqu8(VectorRegister d, Operand s) {
    move(VectorOpcode.VMOVDQU8, VectorOpcode.VMOVDQU8_STORE, d, s);
  }

  default void vmovdqu8(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVDQU8_STORE, d, s);
  }

  default void vmovdqu16(VectorRegister d, Operand s) {
    move(VectorOpcode.VMOVDQU16, VectorOpcode.VMOVDQU16_STORE, d, s);
  }

  default void vmovdqu16(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVDQU16_STORE, d, s);
  }

  default void vmovdqu32(VectorRegister d, Operand s) {
    move(VectorOpcode.VMOVDQU32, VectorOpcode.VMOVDQU32_STORE, d, s);
  }

  default void vmovdqu32(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVDQU32_STORE, d, s);
  }

  default void vmovntps(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVNTPS_STORE, d, s);
  }

  default void vmovss(VectorRegister d, Address s) {
    rm(VectorOpcode.VMOVSS, d, s);
  }

  default void vmovss(Address d, VectorRegister s) {
    mr(VectorOpcode.VMOVSS_STORE, d, s);
  }

  /** Loads lanes whose mask has its sign set, zero elsewhere. */
  default void vmaskmovps(VectorRegister d, VectorRegister mask, Address s) {
    rvm(VectorOpcode.VMASKMOVPS, d, mask, s);
  }

  /** Stores lanes whose mask has its sign set. */
  default void vmaskmovps(Address d, VectorRegister mask, VectorRegister s) {
    rvm(VectorOpcode.VMASKMOVPS_STORE, s, mask, d);
  }

  /** Loads lanes whose mask has its sign set, zero elsewhere. */
  default void vpmaskmovd(VectorRegister d, VectorRegister mask, Address s) {
    rvm(VectorOpcode.VPMASKMOVD, d, mask, s);
  }

  /** Stores lanes whose mask has its sign set. */
  default void vpmaskmovd(Address d, VectorRegister mask, VectorRegister s) {
    rvm(VectorOpcode.VPMASKMOVD_STORE, s, mask, d);
  }

  default void vcompressps(Operand d, VectorRegister s) {
    mr(VectorOpcode.VCOMPRESSPS, d, s);
  }

  default void vexpandps(VectorRegister d, Operand s) {
    rm(VectorOpcode.VEXPANDPS, d, s);
  }

  default void vbroadcastss(VectorRegister d, Operand s) {
    rm(VectorOpcode.VBROADCASTSS, d, s);
  }

  default void vbroadcastsd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VBROADCASTSD, d, s);
  }

  default void vbroadcastf128(VectorRegister d, Address s) {
    rm(VectorOpcode.VBROADCASTF128, d, s);
  }

  default void vbroadcastf32x4(VectorRegister d, Address s) {
    rm(VectorOpcode.VBROADCASTF32X4, d, s);
  }

  default void vbroadcasti32x4(VectorRegister d, Address s) {
    rm(VectorOpcode.VBROADCASTI32X4, d, s);
  }

  default void vbroadcastf64x4(VectorRegister d, Address s) {
    rm(VectorOpcode.VBROADCASTF64X4, d, s);
  }

  default void vpbroadcastb(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPBROADCASTB, d, s);
  }

  default void vpbroadcastw(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPBROADCASTW, d, s);
  }

  default void vpbroadcastd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPBROADCASTD, d, s);
  }

  default void vpbroadcastq(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPBROADCASTQ, d, s);
  }

  default void vpermps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMPS, d, a, b);
  }

  default void vpermd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMD, d, a, b);
  }

  default void vpermb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMB, d, a, b);
  }

  default void vpermi2b(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMI2B, d, a, b);
  }

  default void vpermw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMW, d, a, b);
  }

  default void vpermpd(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VPERMPD, d, s, immediate);
  }

  default void vpermq(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VPERMQ, d, s, immediate);
  }

  default void vpermilps(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VPERMILPS, d, s, immediate);
  }

  default void vpermilps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMILPS_VECTOR, d, a, b);
  }

  default void vperm2f128(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VPERM2F128, d, a, b, immediate);
  }

  default void vperm2i128(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VPERM2I128, d, a, b, immediate);
  }

  default void vpermt2ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMT2PS, d, a, b);
  }

  default void vpermi2ps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMI2PS, d, a, b);
  }

  default void vpermt2d(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMT2D, d, a, b);
  }

  default void vpermi2d(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMI2D, d, a, b);
  }

  default void vpermt2w(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPERMT2W, d, a, b);
  }

  default void valignd(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VALIGND, d, a, b, immediate);
  }

  default void vpalignr(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VPALIGNR, d, a, b, immediate);
  }

  default void vshufps(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VSHUFPS, d, a, b, immediate);
  }

  default void vshufpd(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VSHUFPD, d, a, b, immediate);
  }

  default void vshuff32x4(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VSHUFF32X4, d, a, b, immediate);
  }

  default void vshuff64x2(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VSHUFF64X2, d, a, b, immediate);
  }

  default void vshufi32x4(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VSHUFI32X4, d, a, b, immediate);
  }

  default void vpshufb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSHUFB, d, a, b);
  }

  default void vpshufd(VectorRegister d, Operand s, int immediate) {
    rm(VectorOpcode.VPSHUFD, d, s, immediate);
  }

  default void vunpcklps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VUNPCKLPS, d, a, b);
  }

  default void vunpckhps(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VUNPCKHPS, d, a, b);
  }

  default void vunpcklpd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VUNPCKLPD, d, a, b);
  }

  default void vunpckhpd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VUNPCKHPD, d, a, b);
  }

  default void vpunpcklbw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKLBW, d, a, b);
  }

  default void vpunpckhbw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKHBW, d, a, b);
  }

  default void vpunpcklwd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKLWD, d, a, b);
  }

  default void vpunpckhwd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKHWD, d, a, b);
  }

  default void vpunpckldq(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKLDQ, d, a, b);
  }

  default void vpunpckhdq(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKHDQ, d, a, b);
  }

  default void vpunpcklqdq(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKLQDQ, d, a, b);
  }

  default void vpunpckhqdq(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPUNPCKHQDQ, d, a, b);
  }

  default void vmovshdup(VectorRegister d, Operand s) {
    rm(VectorOpcode.VMOVSHDUP, d, s);
  }

  default void vmovsldup(VectorRegister d, Operand s) {
    rm(VectorOpcode.VMOVSLDUP, d, s);
  }

  default void vmovhlps(VectorRegister d, VectorRegister a, VectorRegister b) {
    rvm(VectorOpcode.VMOVHLPS, d, a, b);
  }

  default void vmovlhps(VectorRegister d, VectorRegister a, VectorRegister b) {
    rvm(VectorOpcode.VMOVLHPS, d, a, b);
  }

  default void vextractf128(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VEXTRACTF128, d, s, immediate);
  }

  default void vextracti128(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VEXTRACTI128, d, s, immediate);
  }

  default void vextractf32x4(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VEXTRACTF32X4, d, s, immediate);
  }

  default void vextracti32x4(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VEXTRACTI32X4, d, s, immediate);
  }

  default void vextractf64x4(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VEXTRACTF64X4, d, s, immediate);
  }

  default void vextracti64x4(Operand d, VectorRegister s, int immediate) {
    mr(VectorOpcode.VEXTRACTI64X4, d, s, immediate);
  }

  default void vinsertf128(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTF128, d, a, b, immediate);
  }

  default void vinserti128(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTI128, d, a, b, immediate);
  }

  default void vinsertf32x4(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTF32X4, d, a, b, immediate);
  }

  default void vinserti32x4(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTI32X4, d, a, b, immediate);
  }

  default void vinsertf64x4(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTF64X4, d, a, b, immediate);
  }

  default void vinserti64x4(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTI64X4, d, a, b, immediate);
  }

  default void vinsertps(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VINSERTPS, d, a, b, immediate);
  }

  /** The low 32 bits of a general register into lane 0, zero above. */
  default void vmovd(VectorRegister d, Gpr s) {
    transfer(VectorOpcode.VMOVD, d, s);
  }

  /** Lane 0, zero-extended, into a general register. */
  default void vmovd(Gpr d, VectorRegister s) {
    transfer(VectorOpcode.VMOVD_STORE, s, d);
  }

  default void vmovq(VectorRegister d, Gpr s) {
    transfer(VectorOpcode.VMOVQ, d, s);
  }

  default void vmovq(Gpr d, VectorRegister s) {
    transfer(VectorOpcode.VMOVQ_STORE, s, d);
  }

  default void vpbroadcastb(VectorRegister d, Gpr s) {
    transfer(VectorOpcode.VPBROADCASTB_GPR, d, s);
  }

  default void vpbroadcastw(VectorRegister d, Gpr s) {
    transfer(VectorOpcode.VPBROADCASTW_GPR, d, s);
  }

  default void vpbroadcastd(VectorRegister d, Gpr s) {
    transfer(VectorOpcode.VPBROADCASTD_GPR, d, s);
  }

  /** The signs of the lanes as bits. */
  default void vmovmskps(Gpr d, VectorRegister s) {
    vector(VectorOpcode.VMOVMSKPS, d.number(), 0, s, s.bits(), MaskRegister.K0, false);
  }
}
