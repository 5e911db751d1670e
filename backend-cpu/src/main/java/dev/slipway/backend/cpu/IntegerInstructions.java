package dev.slipway.backend.cpu;

/** Instructions on lanes of integers, by their mnemonics (Intel SDM volume 2). */
interface IntegerInstructions extends VectorForms {
  default void vpaddb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPADDB, d, a, b);
  }

  default void vpaddw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPADDW, d, a, b);
  }

  default void vpaddsw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPADDSW, d, a, b);
  }

  default void vpaddd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPADDD, d, a, b);
  }

  default void vpaddq(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPADDQ, d, a, b);
  }

  default void vpsubb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSUBB, d, a, b);
  }

  default void vpsubw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSUBW, d, a, b);
  }

  default void vpsubd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSUBD, d, a, b);
  }

  default void vpmulld(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMULLD, d, a, b);
  }

  default void vpabsd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPABSD, d, s);
  }

  default void vpmaxsb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMAXSB, d, a, b);
  }

  default void vpmaxsw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMAXSW, d, a, b);
  }

  default void vpmaxsd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMAXSD, d, a, b);
  }

  default void vpmaxub(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMAXUB, d, a, b);
  }

  default void vpmaxud(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMAXUD, d, a, b);
  }

  default void vpminsb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMINSB, d, a, b);
  }

  default void vpminsw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMINSW, d, a, b);
  }

  default void vpminsd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMINSD, d, a, b);
  }

  default void vpminub(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMINUB, d, a, b);
  }

  default void vpminud(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMINUD, d, a, b);
  }

  default void vpand(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPAND, d, a, b);
  }

  default void vpandn(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPANDN, d, a, b);
  }

  default void vpor(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPOR, d, a, b);
  }

  default void vpxor(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPXOR, d, a, b);
  }

  default void vpandd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPANDD, d, a, b);
  }

  default void vpandnd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPANDND, d, a, b);
  }

  default void vpord(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPORD, d, a, b);
  }

  default void vpxord(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPXORD, d, a, b);
  }

  default void vpternlogd(VectorRegister d, VectorRegister a, Operand b, int immediate) {
    rvm(VectorOpcode.VPTERNLOGD, d, a, b, immediate);
  }

  default void vpslld(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSLLD, 6, d, s, count);
  }

  default void vpsrld(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSRLD, 2, d, s, count);
  }

  default void vpsrad(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSRAD, 4, d, s, count);
  }

  default void vpsllw(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSLLW, 6, d, s, count);
  }

  default void vpsrlw(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSRLW, 2, d, s, count);
  }

  default void vpsraw(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSRAW, 4, d, s, count);
  }

  default void vpsllq(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSLLQ, 6, d, s, count);
  }

  default void vpsrlq(VectorRegister d, VectorRegister s, int count) {
    shift(VectorOpcode.VPSRLQ, 2, d, s, count);
  }

  default void vpsllvd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSLLVD, d, a, b);
  }

  default void vpsrlvd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSRLVD, d, a, b);
  }

  default void vpsravd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPSRAVD, d, a, b);
  }

  default void vpcmpeqd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPCMPEQD, d, a, b);
  }

  default void vpcmpgtd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPCMPGTD, d, a, b);
  }

  default void vpcmpd(MaskRegister d, VectorRegister a, Operand b, int predicate) {
    compare(VectorOpcode.VPCMPD, d, a, b, predicate);
  }

  default void vpcmpud(MaskRegister d, VectorRegister a, Operand b, int predicate) {
    compare(VectorOpcode.VPCMPUD, d, a, b, predicate);
  }

  default void vpcmpb(MaskRegister d, VectorRegister a, Operand b, int predicate) {
    compare(VectorOpcode.VPCMPB, d, a, b, predicate);
  }

  default void vpcmpub(MaskRegister d, VectorRegister a, Operand b, int predicate) {
    compare(VectorOpcode.VPCMPUB, d, a, b, predicate);
  }

  default void vptestmd(MaskRegister d, VectorRegister a, Operand b) {
    compare(VectorOpcode.VPTESTMD, d, a, b);
  }

  default void vptestnmd(MaskRegister d, VectorRegister a, Operand b) {
    compare(VectorOpcode.VPTESTNMD, d, a, b);
  }

  default void vpmaddubsw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMADDUBSW, d, a, b);
  }

  default void vpmaddwd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPMADDWD, d, a, b);
  }

  default void vpdpbusd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPBUSD, d, a, b);
  }

  default void vpdpbusds(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPBUSDS, d, a, b);
  }

  default void vpdpwssd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPWSSD, d, a, b);
  }

  default void vpdpwssds(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPWSSDS, d, a, b);
  }

  default void vexVpdpbusd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPBUSD_VEX, d, a, b);
  }

  default void vexVpdpbusds(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPBUSDS_VEX, d, a, b);
  }

  default void vexVpdpwssd(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPWSSD_VEX, d, a, b);
  }

  default void vexVpdpwssds(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPDPWSSDS_VEX, d, a, b);
  }

  default void vpackssdw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPACKSSDW, d, a, b);
  }

  default void vpacksswb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPACKSSWB, d, a, b);
  }

  default void vpackusdw(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPACKUSDW, d, a, b);
  }

  default void vpackuswb(VectorRegister d, VectorRegister a, Operand b) {
    rvm(VectorOpcode.VPACKUSWB, d, a, b);
  }

  default void vpmovzxbd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPMOVZXBD, d, s);
  }

  default void vpmovsxbd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPMOVSXBD, d, s);
  }

  default void vpmovzxbw(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPMOVZXBW, d, s);
  }

  default void vpmovsxbw(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPMOVSXBW, d, s);
  }

  default void vpmovzxwd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPMOVZXWD, d, s);
  }

  default void vpmovsxwd(VectorRegister d, Operand s) {
    rm(VectorOpcode.VPMOVSXWD, d, s);
  }

  default void vpmovdb(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVDB, d, s);
  }

  default void vpmovsdb(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVSDB, d, s);
  }

  default void vpmovusdb(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVUSDB, d, s);
  }

  default void vpmovdw(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVDW, d, s);
  }

  default void vpmovsdw(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVSDW, d, s);
  }

  default void vpmovusdw(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVUSDW, d, s);
  }

  default void vpmovwb(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVWB, d, s);
  }

  default void vpmovswb(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVSWB, d, s);
  }

  default void vpmovuswb(Operand d, VectorRegister s) {
    mr(VectorOpcode.VPMOVUSWB, d, s);
  }
}
