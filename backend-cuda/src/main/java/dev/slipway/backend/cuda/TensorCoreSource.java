package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;

/** What kernels on tensor cores share: fragments of 16-bit floats as PTX has them, and copies into a block's memory. */
final class TensorCoreSource {
  private static final String FUNCTIONS = """
      using Half = @half;
      __device__ __forceinline__ unsigned pair(float low, float high) {
        unsigned both;
        asm("cvt.rn.@halfx2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
        return both;
      }
      template <int N> __device__ __forceinline__ Pack<Half, N> halves(const float (&x)[N]) {
        Pack<Half, N> y;
      #pragma unroll
        for (int i = 0; i < N / 2; i++) ((unsigned*) &y)[i] = pair(x[2 * i], x[2 * i + 1]);
        return y;
      }
      __device__ __forceinline__ unsigned two(const Half* p) {
        const Pack<Half, 2> v = load<2>(p);
        return v.v[0].bits | (unsigned) v.v[1].bits << 16;
      }
      // c += a * b: 16 by 8 of 16 products.
      __device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.@half.@half.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
      }
      __device__ __forceinline__ unsigned shared(const void* p) { return (unsigned) __cvta_generic_to_shared(p); }
      // Four matrices of 8 by 8; lane l has the address of row l % 8 of matrix l / 8.
      __device__ __forceinline__ void matrices(unsigned (&x)[4], const void* row) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
            : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(shared(row)) : "memory");
      }
      __device__ __forceinline__ void transposed(unsigned (&x)[4], const void* row) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
            : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(shared(row)) : "memory");
      }
      // 16 bytes, or zeros; arrives before await() of the commit behind it.
      __device__ __forceinline__ void copy16(void* to, const void* from, bool valid) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
            :: "r"(shared(to)), "l"(from), "r"(valid ? 16 : 0) : "memory");
      }
      __device__ __forceinline__ void copy8Bytes(void* to, const void* from, bool valid) {
        asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;"
            :: "r"(shared(to)), "l"(from), "r"(valid ? 8 : 0) : "memory");
      }
      // Through the first cache, for what neighbours read too.
      __device__ __forceinline__ void copy16Cached(void* to, const void* from, bool valid) {
        asm volatile("cp.async.ca.shared.global [%0], [%1], 16, %2;"
            :: "r"(shared(to)), "l"(from), "r"(valid ? 16 : 0) : "memory");
      }
      __device__ __forceinline__ void copy8(Half* to, const Half* from, bool valid, bool aligned) {
        if (aligned) {
          copy16(to, from, valid);
        } else {
          for (int i = 0; i < 8; i++) to[i] = valid ? from[i] : Half{0};
        }
      }
      __device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
      // Waits until at most N commits are on their way.
      template <int N> __device__ __forceinline__ void await() {
        asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory");
      }

      """;

  /** Sets {@code float shift[2]} to the bias of {@code channel} and the next one, where these are. */
  static final String SHIFT_OF_PAIR = """
      if (channel < channels) {
        const auto own = *(const Pack<Half, 2>*) (bias + channel);
        shift[0] = widen(own.v[0]);
        shift[1] = widen(own.v[1]);
      }
      """;

  private TensorCoreSource() {}

  /** Goes behind {@link CudaTypes#PRELUDE}; {@code Half} is the type. */
  static String functions(DType type) {
    return FUNCTIONS.replace("@half", CudaTypes.name(type));
  }
}
