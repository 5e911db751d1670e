extern "C" __global__ void __launch_bounds__(256) move(const unsigned short* in, unsigned short* out) {
  const unsigned long long thread = blockIdx.x * 256ull + threadIdx.x;
  if (thread >= 64ull) return;
  unsigned rest = (unsigned) thread;
  const long long x3 = (long long) (rest % 1u) * 8;
  rest /= 1u;
  const long long x2 = (long long) (rest % 8u);
  rest /= 8u;
  const long long x1 = (long long) (rest % 8u);
  rest /= 8u;
  const long long x0 = (long long) (rest % 1u);
  rest /= 1u;
  Pack<unsigned short, 8> y;
#pragma unroll
  for (int lane = 0; lane < 8; lane++) {
    y.v[lane] = 0;
    if (x3 + lane < 3) {
    const unsigned short x = (in + (x1 * 8 + x2 + x3 * 64))[lane * 64LL];
    y.v[lane] = x;
    }
  }
  store<8>(out + (x0 * 512 + x1 * 64 + x2 * 8 + x3), y);
}
