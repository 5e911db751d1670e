extern "C" __global__ void __launch_bounds__(128) layer_normalization(const f16* a, const f16* scale, const f16* shift, f16* out) {
  const int member = threadIdx.x % 32;
  const long long wanted = blockIdx.x * 4LL + threadIdx.x / 32;
  const long long row = wanted < 128 ? wanted : 127;
  long long rest = row, base = 0, target = 0;
  { const long long at = rest % 128; rest /= 128; base += at * 768; target += at * 768; }
  float x[24];
#pragma unroll
  for (int k = 0; k < 3; k++) {
  const long long first = (k * 32LL + member) * 8;
  {
  const auto v = load<8>(a + base + first * 1);
  #pragma unroll
  for (int lane = 0; lane < 8; lane++) x[k * 8 + lane] = widen(v.v[lane]);
  }
  }
  float sum = 0.f;
#pragma unroll
  for (int k = 0; k < 3; k++) {
  const long long first = (k * 32LL + member) * 8;
  {
  #pragma unroll
  for (int lane = 0; lane < 8; lane++) {
    float& value = x[k * 8 + lane];
    sum += value;
  }
  }
  }
  const float mean = allSum<32>(sum) / 768.f;
  float squares = 0.f;
#pragma unroll
  for (int k = 0; k < 3; k++) {
  const long long first = (k * 32LL + member) * 8;
  {
  #pragma unroll
  for (int lane = 0; lane < 8; lane++) {
    float& value = x[k * 8 + lane];
    const float d = value - mean; squares += d * d;
  }
  }
  }
  const float variance = allSum<32>(squares) / 768.f;
  const float factor = rsqrtf(variance + 1.0E-5f);
#pragma unroll
  for (int k = 0; k < 3; k++) {
  const long long first = (k * 32LL + member) * 8;
  {
  const auto scaleOf = load<8>(scale + first);
  const auto shiftOf = load<8>(shift + first);
  Pack<f16, 8> y;
  #pragma unroll
  for (int lane = 0; lane < 8; lane++) {
    const float value = x[k * 8 + lane];
    y.v[lane] = narrow<f16>((value - mean) * factor * widen(scaleOf.v[lane]) + widen(shiftOf.v[lane]));
  }
  if (wanted == row) store<8>(out + target + first * 1, y);
  }
  }
}
