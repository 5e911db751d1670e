package dev.slipway.backend.cpu;

/** Extensions of x86-64 that kernels use. */
enum CpuFeature {
  AVX2,
  FMA,
  F16C,
  AVX_VNNI,
  AVX512F,
  AVX512VL,
  AVX512BW,
  AVX512DQ,
  AVX512_VBMI,
  AVX512_VNNI,
  AVX512_BF16,
  AVX512_FP16,
  AMX_TILE,
  AMX_INT8,
  AMX_BF16
}
