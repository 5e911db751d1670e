package dev.slipway.backend.cpu;

import static dev.slipway.backend.cpu.MemoryTuple.BYTES_1;
import static dev.slipway.backend.cpu.MemoryTuple.BYTES_16;
import static dev.slipway.backend.cpu.MemoryTuple.BYTES_2;
import static dev.slipway.backend.cpu.MemoryTuple.BYTES_32;
import static dev.slipway.backend.cpu.MemoryTuple.BYTES_4;
import static dev.slipway.backend.cpu.MemoryTuple.BYTES_8;
import static dev.slipway.backend.cpu.MemoryTuple.FULL;
import static dev.slipway.backend.cpu.MemoryTuple.FULL_MEM;
import static dev.slipway.backend.cpu.MemoryTuple.HALF_MEM;
import static dev.slipway.backend.cpu.MemoryTuple.QUARTER_MEM;
import static dev.slipway.backend.cpu.VectorOpcode.Forms.BOTH;
import static dev.slipway.backend.cpu.VectorOpcode.Forms.EVEX;
import static dev.slipway.backend.cpu.VectorOpcode.Forms.VEX;
import static dev.slipway.backend.cpu.VectorOpcode.OpcodeMap.M0F;
import static dev.slipway.backend.cpu.VectorOpcode.OpcodeMap.M0F38;
import static dev.slipway.backend.cpu.VectorOpcode.OpcodeMap.M0F3A;
import static dev.slipway.backend.cpu.VectorOpcode.Prefix.NONE;
import static dev.slipway.backend.cpu.VectorOpcode.Prefix.P66;
import static dev.slipway.backend.cpu.VectorOpcode.Prefix.PF2;
import static dev.slipway.backend.cpu.VectorOpcode.Prefix.PF3;
import static dev.slipway.backend.cpu.VectorOpcode.Width.EVEX_W1;
import static dev.slipway.backend.cpu.VectorOpcode.Width.W0;
import static dev.slipway.backend.cpu.VectorOpcode.Width.W1;

/**
 * How vector and mask instructions are encoded: the columns of the instruction reference in Intel SDM volume 2.
 *
 * <p>Constants are named by the mnemonic; {@code _STORE} is the form that writes memory, {@code _MASK} the one whose
 * destination is a mask register, {@code _VEX} the form of AVX-VNNI.
 */
enum VectorOpcode {
  // Arithmetic.
  VADDPS(NONE, M0F, 0x58, FULL),
  VSUBPS(NONE, M0F, 0x5C, FULL),
  VMULPS(NONE, M0F, 0x59, FULL),
  VDIVPS(NONE, M0F, 0x5E, FULL),
  VMINPS(NONE, M0F, 0x5D, FULL),
  VMAXPS(NONE, M0F, 0x5F, FULL),
  VSQRTPS(NONE, M0F, 0x51, FULL),
  VANDPS(NONE, M0F, 0x54, FULL),
  VANDNPS(NONE, M0F, 0x55, FULL),
  VORPS(NONE, M0F, 0x56, FULL),
  VXORPS(NONE, M0F, 0x57, FULL),
  VHADDPS(PF2, M0F, 0x7C, FULL_MEM, VEX),
  VRCP14PS(P66, M0F38, 0x4C, FULL, EVEX),
  VRSQRT14PS(P66, M0F38, 0x4E, FULL, EVEX),
  VSCALEFPS(P66, M0F38, 0x2C, FULL, EVEX),
  VGETEXPPS(P66, M0F38, 0x42, FULL, EVEX),
  VGETMANTPS(P66, M0F3A, 0x26, FULL, EVEX),
  VRNDSCALEPS(P66, M0F3A, 0x08, FULL, EVEX),
  VROUNDPS(P66, M0F3A, 0x08, FULL_MEM, VEX),
  VRANGEPS(P66, M0F3A, 0x50, FULL, EVEX),
  VFIXUPIMMPS(P66, M0F3A, 0x54, FULL, EVEX),
  // Scalars.
  VADDSS(PF3, M0F, 0x58, BYTES_4),
  VSUBSS(PF3, M0F, 0x5C, BYTES_4),
  VMULSS(PF3, M0F, 0x59, BYTES_4),
  VDIVSS(PF3, M0F, 0x5E, BYTES_4),
  VMINSS(PF3, M0F, 0x5D, BYTES_4),
  VMAXSS(PF3, M0F, 0x5F, BYTES_4),
  VFMADD231SS(P66, M0F38, 0xB9, BYTES_4),
  // Fused multiply-add.
  VFMADD132PS(P66, M0F38, 0x98, FULL),
  VFMADD213PS(P66, M0F38, 0xA8, FULL),
  VFMADD231PS(P66, M0F38, 0xB8, FULL),
  VFMSUB132PS(P66, M0F38, 0x9A, FULL),
  VFMSUB213PS(P66, M0F38, 0xAA, FULL),
  VFMSUB231PS(P66, M0F38, 0xBA, FULL),
  VFNMADD132PS(P66, M0F38, 0x9C, FULL),
  VFNMADD213PS(P66, M0F38, 0xAC, FULL),
  VFNMADD231PS(P66, M0F38, 0xBC, FULL),
  VFNMSUB132PS(P66, M0F38, 0x9E, FULL),
  VFNMSUB213PS(P66, M0F38, 0xAE, FULL),
  VFNMSUB231PS(P66, M0F38, 0xBE, FULL),
  // Comparison and selection.
  VCMPPS(NONE, M0F, 0xC2, FULL, VEX),
  VCMPPS_MASK(NONE, M0F, 0xC2, FULL, EVEX),
  VBLENDMPS(P66, M0F38, 0x65, FULL, EVEX),
  VBLENDVPS(P66, M0F3A, 0x4A, FULL_MEM, VEX),
  VBLENDPS(P66, M0F3A, 0x0C, FULL_MEM, VEX),
  VFPCLASSPS(P66, M0F3A, 0x66, FULL, EVEX),
  // Conversion.
  VCVTDQ2PS(NONE, M0F, 0x5B, FULL),
  VCVTPS2DQ(P66, M0F, 0x5B, FULL),
  VCVTTPS2DQ(PF3, M0F, 0x5B, FULL),
  VCVTPH2PS(P66, M0F38, 0x13, HALF_MEM),
  VCVTPS2PH(P66, M0F3A, 0x1D, HALF_MEM),
  VCVTNEPS2BF16(PF3, M0F38, 0x72, FULL, EVEX),
  VCVTNE2PS2BF16(PF2, M0F38, 0x72, FULL, EVEX),
  VDPBF16PS(PF3, M0F38, 0x52, FULL, EVEX),
  // Arithmetic.
  VPADDB(P66, M0F, 0xFC, FULL_MEM),
  VPADDW(P66, M0F, 0xFD, FULL_MEM),
  VPADDD(P66, M0F, 0xFE, FULL),
  VPADDSW(P66, M0F, 0xED, FULL_MEM),
  VPADDQ(P66, M0F, 0xD4, FULL, BOTH, EVEX_W1),
  VPSUBB(P66, M0F, 0xF8, FULL_MEM),
  VPSUBW(P66, M0F, 0xF9, FULL_MEM),
  VPSUBD(P66, M0F, 0xFA, FULL),
  VPMULLD(P66, M0F38, 0x40, FULL),
  VPABSD(P66, M0F38, 0x1E, FULL),
  VPMAXSB(P66, M0F38, 0x3C, FULL_MEM),
  VPMAXSW(P66, M0F, 0xEE, FULL_MEM),
  VPMAXSD(P66, M0F38, 0x3D, FULL),
  VPMAXUB(P66, M0F, 0xDE, FULL_MEM),
  VPMAXUD(P66, M0F38, 0x3F, FULL),
  VPMINSB(P66, M0F38, 0x38, FULL_MEM),
  VPMINSW(P66, M0F, 0xEA, FULL_MEM),
  VPMINSD(P66, M0F38, 0x39, FULL),
  VPMINUB(P66, M0F, 0xDA, FULL_MEM),
  VPMINUD(P66, M0F38, 0x3B, FULL),
  // Bits and shifts.
  VPAND(P66, M0F, 0xDB, FULL_MEM, VEX),
  VPANDN(P66, M0F, 0xDF, FULL_MEM, VEX),
  VPOR(P66, M0F, 0xEB, FULL_MEM, VEX),
  VPXOR(P66, M0F, 0xEF, FULL_MEM, VEX),
  VPANDD(P66, M0F, 0xDB, FULL, EVEX),
  VPANDND(P66, M0F, 0xDF, FULL, EVEX),
  VPORD(P66, M0F, 0xEB, FULL, EVEX),
  VPXORD(P66, M0F, 0xEF, FULL, EVEX),
  VPTERNLOGD(P66, M0F3A, 0x25, FULL, EVEX),
  VPSLLD(P66, M0F, 0x72, FULL),
  VPSRLD(P66, M0F, 0x72, FULL),
  VPSRAD(P66, M0F, 0x72, FULL),
  VPSLLW(P66, M0F, 0x71, FULL_MEM),
  VPSRLW(P66, M0F, 0x71, FULL_MEM),
  VPSRAW(P66, M0F, 0x71, FULL_MEM),
  VPSLLQ(P66, M0F, 0x73, FULL, BOTH, EVEX_W1),
  VPSRLQ(P66, M0F, 0x73, FULL, BOTH, EVEX_W1),
  VPSLLVD(P66, M0F38, 0x47, FULL),
  VPSRLVD(P66, M0F38, 0x45, FULL),
  VPSRAVD(P66, M0F38, 0x46, FULL),
  // Comparison.
  VPCMPEQD(P66, M0F, 0x76, FULL_MEM, VEX),
  VPCMPGTD(P66, M0F, 0x66, FULL_MEM, VEX),
  VPCMPD(P66, M0F3A, 0x1F, FULL, EVEX),
  VPCMPUD(P66, M0F3A, 0x1E, FULL, EVEX),
  VPCMPB(P66, M0F3A, 0x3F, FULL_MEM, EVEX),
  VPCMPUB(P66, M0F3A, 0x3E, FULL_MEM, EVEX),
  VPTESTMD(P66, M0F38, 0x27, FULL, EVEX),
  VPTESTNMD(PF3, M0F38, 0x27, FULL, EVEX),
  // Dot products.
  VPMADDUBSW(P66, M0F38, 0x04, FULL_MEM),
  VPMADDWD(P66, M0F, 0xF5, FULL_MEM),
  VPDPBUSD(P66, M0F38, 0x50, FULL, EVEX),
  VPDPBUSDS(P66, M0F38, 0x51, FULL, EVEX),
  VPDPWSSD(P66, M0F38, 0x52, FULL, EVEX),
  VPDPWSSDS(P66, M0F38, 0x53, FULL, EVEX),
  VPDPBUSD_VEX(P66, M0F38, 0x50, FULL_MEM, VEX),
  VPDPBUSDS_VEX(P66, M0F38, 0x51, FULL_MEM, VEX),
  VPDPWSSD_VEX(P66, M0F38, 0x52, FULL_MEM, VEX),
  VPDPWSSDS_VEX(P66, M0F38, 0x53, FULL_MEM, VEX),
  // Narrowing and widening.
  VPACKSSDW(P66, M0F, 0x6B, FULL),
  VPACKSSWB(P66, M0F, 0x63, FULL_MEM),
  VPACKUSDW(P66, M0F38, 0x2B, FULL),
  VPACKUSWB(P66, M0F, 0x67, FULL_MEM),
  VPMOVZXBD(P66, M0F38, 0x31, QUARTER_MEM),
  VPMOVSXBD(P66, M0F38, 0x21, QUARTER_MEM),
  VPMOVZXBW(P66, M0F38, 0x30, HALF_MEM),
  VPMOVSXBW(P66, M0F38, 0x20, HALF_MEM),
  VPMOVZXWD(P66, M0F38, 0x33, HALF_MEM),
  VPMOVSXWD(P66, M0F38, 0x23, HALF_MEM),
  VPMOVDB(PF3, M0F38, 0x31, QUARTER_MEM, EVEX),
  VPMOVSDB(PF3, M0F38, 0x21, QUARTER_MEM, EVEX),
  VPMOVUSDB(PF3, M0F38, 0x11, QUARTER_MEM, EVEX),
  VPMOVDW(PF3, M0F38, 0x33, HALF_MEM, EVEX),
  VPMOVSDW(PF3, M0F38, 0x23, HALF_MEM, EVEX),
  VPMOVUSDW(PF3, M0F38, 0x13, HALF_MEM, EVEX),
  VPMOVWB(PF3, M0F38, 0x30, HALF_MEM, EVEX),
  VPMOVSWB(PF3, M0F38, 0x20, HALF_MEM, EVEX),
  VPMOVUSWB(PF3, M0F38, 0x10, HALF_MEM, EVEX),
  // Loads and stores.
  VMOVUPS(NONE, M0F, 0x10, FULL_MEM),
  VMOVUPS_STORE(NONE, M0F, 0x11, FULL_MEM),
  VMOVAPS(NONE, M0F, 0x28, FULL_MEM),
  VMOVAPS_STORE(NONE, M0F, 0x29, FULL_MEM),
  VMOVDQU(PF3, M0F, 0x6F, FULL_MEM, VEX),
  VMOVDQU_STORE(PF3, M0F, 0x7F, FULL_MEM, VEX),
  VMOVDQU8(PF2, M0F, 0x6F, FULL_MEM, EVEX),
  VMOVDQU8_STORE(PF2, M0F, 0x7F, FULL_MEM, EVEX),
  VMOVDQU16(PF2, M0F, 0x6F, FULL_MEM, EVEX, W1),
  VMOVDQU16_STORE(PF2, M0F, 0x7F, FULL_MEM, EVEX, W1),
  VMOVDQU32(PF3, M0F, 0x6F, FULL_MEM, EVEX),
  VMOVDQU32_STORE(PF3, M0F, 0x7F, FULL_MEM, EVEX),
  VMOVNTPS_STORE(NONE, M0F, 0x2B, FULL_MEM),
  VMOVSS(PF3, M0F, 0x10, BYTES_4),
  VMOVSS_STORE(PF3, M0F, 0x11, BYTES_4),
  VMASKMOVPS(P66, M0F38, 0x2C, FULL_MEM, VEX),
  VMASKMOVPS_STORE(P66, M0F38, 0x2E, FULL_MEM, VEX),
  VPMASKMOVD(P66, M0F38, 0x8C, FULL_MEM, VEX),
  VPMASKMOVD_STORE(P66, M0F38, 0x8E, FULL_MEM, VEX),
  VCOMPRESSPS(P66, M0F38, 0x8A, BYTES_4, EVEX),
  VEXPANDPS(P66, M0F38, 0x88, BYTES_4, EVEX),
  // Broadcasts.
  VBROADCASTSS(P66, M0F38, 0x18, BYTES_4),
  VBROADCASTSD(P66, M0F38, 0x19, BYTES_8, BOTH, EVEX_W1),
  VBROADCASTF128(P66, M0F38, 0x1A, BYTES_16, VEX),
  VBROADCASTF32X4(P66, M0F38, 0x1A, BYTES_16, EVEX),
  VBROADCASTI32X4(P66, M0F38, 0x5A, BYTES_16, EVEX),
  VBROADCASTF64X4(P66, M0F38, 0x1B, BYTES_32, EVEX, W1),
  VPBROADCASTB(P66, M0F38, 0x78, BYTES_1),
  VPBROADCASTW(P66, M0F38, 0x79, BYTES_2),
  VPBROADCASTD(P66, M0F38, 0x58, BYTES_4),
  VPBROADCASTQ(P66, M0F38, 0x59, BYTES_8, BOTH, EVEX_W1),
  // Permutations.
  VPERMPS(P66, M0F38, 0x16, FULL),
  VPERMD(P66, M0F38, 0x36, FULL),
  VPERMB(P66, M0F38, 0x8D, FULL_MEM, EVEX),
  VPERMI2B(P66, M0F38, 0x75, FULL_MEM, EVEX),
  VPERMW(P66, M0F38, 0x8D, FULL_MEM, EVEX, W1),
  VPERMPD(P66, M0F3A, 0x01, FULL, BOTH, W1),
  VPERMQ(P66, M0F3A, 0x00, FULL, BOTH, W1),
  VPERMILPS(P66, M0F3A, 0x04, FULL),
  VPERMILPS_VECTOR(P66, M0F38, 0x0C, FULL),
  VPERM2F128(P66, M0F3A, 0x06, FULL_MEM, VEX),
  VPERM2I128(P66, M0F3A, 0x46, FULL_MEM, VEX),
  VPERMT2PS(P66, M0F38, 0x7F, FULL, EVEX),
  VPERMI2PS(P66, M0F38, 0x77, FULL, EVEX),
  VPERMT2D(P66, M0F38, 0x7E, FULL, EVEX),
  VPERMI2D(P66, M0F38, 0x76, FULL, EVEX),
  VPERMT2W(P66, M0F38, 0x7D, FULL_MEM, EVEX, W1),
  VALIGND(P66, M0F3A, 0x03, FULL, EVEX),
  VPALIGNR(P66, M0F3A, 0x0F, FULL_MEM),
  // Shuffles.
  VSHUFPS(NONE, M0F, 0xC6, FULL),
  VSHUFPD(P66, M0F, 0xC6, FULL, BOTH, EVEX_W1),
  VSHUFF32X4(P66, M0F3A, 0x23, FULL, EVEX),
  VSHUFF64X2(P66, M0F3A, 0x23, FULL, EVEX, W1),
  VSHUFI32X4(P66, M0F3A, 0x43, FULL, EVEX),
  VPSHUFB(P66, M0F38, 0x00, FULL_MEM),
  VPSHUFD(P66, M0F, 0x70, FULL),
  VUNPCKLPS(NONE, M0F, 0x14, FULL),
  VUNPCKHPS(NONE, M0F, 0x15, FULL),
  VUNPCKLPD(P66, M0F, 0x14, FULL, BOTH, EVEX_W1),
  VUNPCKHPD(P66, M0F, 0x15, FULL, BOTH, EVEX_W1),
  VPUNPCKLBW(P66, M0F, 0x60, FULL_MEM),
  VPUNPCKHBW(P66, M0F, 0x68, FULL_MEM),
  VPUNPCKLWD(P66, M0F, 0x61, FULL_MEM),
  VPUNPCKHWD(P66, M0F, 0x69, FULL_MEM),
  VPUNPCKLDQ(P66, M0F, 0x62, FULL),
  VPUNPCKHDQ(P66, M0F, 0x6A, FULL),
  VPUNPCKLQDQ(P66, M0F, 0x6C, FULL, BOTH, EVEX_W1),
  VPUNPCKHQDQ(P66, M0F, 0x6D, FULL, BOTH, EVEX_W1),
  VMOVSHDUP(PF3, M0F, 0x16, FULL_MEM),
  VMOVSLDUP(PF3, M0F, 0x12, FULL_MEM),
  VMOVHLPS(NONE, M0F, 0x12, BYTES_8),
  VMOVLHPS(NONE, M0F, 0x16, BYTES_8),
  // Parts of vectors.
  VEXTRACTF128(P66, M0F3A, 0x19, BYTES_16, VEX),
  VEXTRACTI128(P66, M0F3A, 0x39, BYTES_16, VEX),
  VEXTRACTF32X4(P66, M0F3A, 0x19, BYTES_16, EVEX),
  VEXTRACTI32X4(P66, M0F3A, 0x39, BYTES_16, EVEX),
  VEXTRACTF64X4(P66, M0F3A, 0x1B, BYTES_32, EVEX, W1),
  VEXTRACTI64X4(P66, M0F3A, 0x3B, BYTES_32, EVEX, W1),
  VINSERTF128(P66, M0F3A, 0x18, BYTES_16, VEX),
  VINSERTI128(P66, M0F3A, 0x38, BYTES_16, VEX),
  VINSERTF32X4(P66, M0F3A, 0x18, BYTES_16, EVEX),
  VINSERTI32X4(P66, M0F3A, 0x38, BYTES_16, EVEX),
  VINSERTF64X4(P66, M0F3A, 0x1A, BYTES_32, EVEX, W1),
  VINSERTI64X4(P66, M0F3A, 0x3A, BYTES_32, EVEX, W1),
  VINSERTPS(P66, M0F3A, 0x21, BYTES_4),
  // Between general and vector registers.
  VMOVD(P66, M0F, 0x6E, BYTES_4),
  VMOVD_STORE(P66, M0F, 0x7E, BYTES_4),
  VMOVQ(P66, M0F, 0x6E, BYTES_8, BOTH, W1),
  VMOVQ_STORE(P66, M0F, 0x7E, BYTES_8, BOTH, W1),
  VPBROADCASTB_GPR(P66, M0F38, 0x7A, BYTES_1, EVEX),
  VPBROADCASTW_GPR(P66, M0F38, 0x7B, BYTES_2, EVEX),
  VPBROADCASTD_GPR(P66, M0F38, 0x7C, BYTES_4, EVEX),
  VMOVMSKPS(NONE, M0F, 0x50, FULL_MEM, VEX),
  // Mask registers: from a mask or memory, to memory, from a general register, to one.
  KMOVB(P66, M0F, 0x90, FULL_MEM, VEX),
  KMOVB_STORE(P66, M0F, 0x91, FULL_MEM, VEX),
  KMOVB_FROM_GPR(P66, M0F, 0x92, FULL_MEM, VEX),
  KMOVB_TO_GPR(P66, M0F, 0x93, FULL_MEM, VEX),
  KMOVW(NONE, M0F, 0x90, FULL_MEM, VEX),
  KMOVW_STORE(NONE, M0F, 0x91, FULL_MEM, VEX),
  KMOVW_FROM_GPR(NONE, M0F, 0x92, FULL_MEM, VEX),
  KMOVW_TO_GPR(NONE, M0F, 0x93, FULL_MEM, VEX),
  KMOVD(P66, M0F, 0x90, FULL_MEM, VEX, W1),
  KMOVD_STORE(P66, M0F, 0x91, FULL_MEM, VEX, W1),
  KMOVD_FROM_GPR(PF2, M0F, 0x92, FULL_MEM, VEX),
  KMOVD_TO_GPR(PF2, M0F, 0x93, FULL_MEM, VEX),
  KMOVQ(NONE, M0F, 0x90, FULL_MEM, VEX, W1),
  KMOVQ_STORE(NONE, M0F, 0x91, FULL_MEM, VEX, W1),
  KMOVQ_FROM_GPR(PF2, M0F, 0x92, FULL_MEM, VEX, W1),
  KMOVQ_TO_GPR(PF2, M0F, 0x93, FULL_MEM, VEX, W1),
  // Logic on masks.
  KANDW(NONE, M0F, 0x41, FULL_MEM, VEX),
  KANDNW(NONE, M0F, 0x42, FULL_MEM, VEX),
  KNOTW(NONE, M0F, 0x44, FULL_MEM, VEX),
  KORW(NONE, M0F, 0x45, FULL_MEM, VEX),
  KXNORW(NONE, M0F, 0x46, FULL_MEM, VEX),
  KXORW(NONE, M0F, 0x47, FULL_MEM, VEX),
  KORTESTW(NONE, M0F, 0x98, FULL_MEM, VEX),
  KSHIFTLW(P66, M0F3A, 0x32, FULL_MEM, VEX, W1),
  KSHIFTRW(P66, M0F3A, 0x30, FULL_MEM, VEX, W1),
  // Tiles.
  LDTILECFG(NONE, M0F38, 0x49, FULL_MEM, VEX),
  TILERELEASE(NONE, M0F38, 0x49, FULL_MEM, VEX),
  TILEZERO(PF2, M0F38, 0x49, FULL_MEM, VEX),
  TILELOADD(PF2, M0F38, 0x4B, FULL_MEM, VEX),
  TILESTORED(PF3, M0F38, 0x4B, FULL_MEM, VEX),
  TDPBF16PS(PF3, M0F38, 0x5C, FULL_MEM, VEX),
  TDPBUSD(P66, M0F38, 0x5E, FULL_MEM, VEX);

  /** The prefix that an encoding implies. */
  enum Prefix {
    NONE,
    P66,
    PF3,
    PF2;

    int code() {
      return ordinal();
    }
  }

  /** The opcode map. */
  enum OpcodeMap {
    M0F,
    M0F38,
    M0F3A;

    int code() {
      return ordinal() + 1;
    }
  }

  /** The encodings that an instruction has. */
  enum Forms {
    VEX,
    EVEX,
    BOTH
  }

  /** The bit W; where VEX ignores it, it is 0. */
  enum Width {
    W0,
    W1,
    /** 1 in EVEX, 0 in VEX. */
    EVEX_W1
  }

  private final Prefix prefix;
  private final OpcodeMap map;
  private final int opcode;
  private final MemoryTuple tuple;
  private final Forms forms;
  private final Width width;

  VectorOpcode(Prefix prefix, OpcodeMap map, int opcode, MemoryTuple tuple) {
    this(prefix, map, opcode, tuple, BOTH, W0);
  }

  VectorOpcode(Prefix prefix, OpcodeMap map, int opcode, MemoryTuple tuple, Forms forms) {
    this(prefix, map, opcode, tuple, forms, W0);
  }

  VectorOpcode(Prefix prefix, OpcodeMap map, int opcode, MemoryTuple tuple, Forms forms, Width width) {
    this.prefix = prefix;
    this.map = map;
    this.opcode = opcode;
    this.tuple = tuple;
    this.forms = forms;
    this.width = width;
  }

  Prefix prefix() {
    return prefix;
  }

  OpcodeMap map() {
    return map;
  }

  int opcode() {
    return opcode;
  }

  MemoryTuple tuple() {
    return tuple;
  }

  boolean hasVex() {
    return forms != EVEX;
  }

  boolean hasEvex() {
    return forms != VEX;
  }

  int vexW() {
    return width == W1 ? 1 : 0;
  }

  int evexW() {
    return width == W0 ? 0 : 1;
  }
}
