extern "C" __global__ void __launch_bounds__(256) pool(
    const f16* a0,
    f16* out) {
  const unsigned thread = blockIdx.x * (unsigned) 256 + threadIdx.x;
  if (thread >= 25088u) return;
  unsigned rest = thread;
  const unsigned x3 = (rest % 8u) * 8;
  rest /= 8u;
  const unsigned x2 = rest % 56u;
  rest /= 56u;
  const unsigned x1 = rest % 56u;
  rest /= 56u;
  const unsigned x0 = rest;
  float result[8];
  int count = 0;
#pragma unroll
  for (int lane = 0; lane < 8; lane++) { result[lane] = __int_as_float(0xff800000); }
#pragma unroll
  for (int k0 = 0; k0 < 3; k0++) {
  const int h0 = (int) x1 * 2 + k0 * 1 - 1;
  if (h0 >= 0 && h0 < 112) {
#pragma unroll
  for (int k1 = 0; k1 < 3; k1++) {
  const int h1 = (int) x2 * 2 + k1 * 1 - 1;
  if (h1 >= 0 && h1 < 112) {
  const auto v = load<8>(a0 + (long long) ((int) x0) * 802816 + (long long) ((int) x3) * 1 + h0 * 7168LL + h1 * 64LL);
#pragma unroll
  for (int lane = 0; lane < 8; lane++) { const float x = widen(v.v[lane]); result[lane] = maximum(result[lane], x); }
  }
  }
  }
  }
#pragma unroll
  for (int lane = 0; lane < 8; lane++) {  }
  Pack<f16, 8> y;
#pragma unroll
  for (int lane = 0; lane < 8; lane++) {
    y.v[lane] = narrow<f16>(result[lane]);
  }
  store<8>(out + ((long long) x0 * 200704 + (long long) x1 * 3584 + (long long) x2 * 64 + (long long) x3), y);
}
