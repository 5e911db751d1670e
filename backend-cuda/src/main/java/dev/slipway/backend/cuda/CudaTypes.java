package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;
import java.util.Set;

/** Element types in CUDA C++. */
final class CudaTypes {

  /** Types that kernels compute on, in float32. */
  static final Set<DType> REALS = Set.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);

  /** Those of 16 bits, which tensor cores multiply. */
  static final Set<DType> HALVES = Set.of(DType.FLOAT16, DType.BFLOAT16);

  /** What generated sources start with: 16-bit floats without any header, packed loads and stores, and functions. */
  static final String PRELUDE = """
      struct f16 { unsigned short bits; };
      struct bf16 { unsigned short bits; };
      struct bool8 { unsigned char bits; };
      struct e4m3 { unsigned char bits; };
      template <class T, int N> struct alignas(sizeof(T) * N < 16 ? sizeof(T) * N : 16) Pack { T v[N]; };

      __device__ __forceinline__ float widen(float x) { return x; }
      __device__ __forceinline__ float widen(f16 x) {
        float y;
        asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
        return y;
      }
      __device__ __forceinline__ float widen(bf16 x) { return __uint_as_float((unsigned) x.bits << 16); }
      __device__ __forceinline__ float widen(e4m3 x) {
        unsigned y;
        asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(y) : "h"((unsigned short) x.bits));
        return widen(f16{(unsigned short) y});
      }
      __device__ __forceinline__ float widen(bool8 x) { return x.bits != 0; }
      __device__ __forceinline__ float widen(unsigned char x) { return x; }
      __device__ __forceinline__ float widen(signed char x) { return x; }

      template <class T> __device__ __forceinline__ T narrow(float x);
      template <> __device__ __forceinline__ float narrow<float>(float x) { return x; }
      template <> __device__ __forceinline__ f16 narrow<f16>(float x) {
        f16 y;
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
        return y;
      }
      template <> __device__ __forceinline__ bf16 narrow<bf16>(float x) {
        bf16 y;
        asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
        return y;
      }
      template <> __device__ __forceinline__ e4m3 narrow<e4m3>(float x) {
        unsigned short y;
        asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(y) : "f"(0.f), "f"(x));
        return {(unsigned char) y};
      }
      template <> __device__ __forceinline__ bool8 narrow<bool8>(float x) { return {(unsigned char) (x != 0.f)}; }
      template <> __device__ __forceinline__ unsigned char narrow<unsigned char>(float x) { return (unsigned char) (int) x; }
      template <> __device__ __forceinline__ signed char narrow<signed char>(float x) { return (signed char) (int) x; }

      template <int N, class T> __device__ __forceinline__ Pack<T, N> load(const T* p) {
        if (N == 1 || ((unsigned long long) p & (alignof(Pack<T, N>) - 1)) == 0) return *(const Pack<T, N>*) p;
        Pack<T, N> x;
      #pragma unroll
        for (int i = 0; i < N; i++) x.v[i] = p[i];
        return x;
      }
      template <int N, class T> __device__ __forceinline__ void store(T* p, const Pack<T, N>& x) {
        if (N == 1 || ((unsigned long long) p & (alignof(Pack<T, N>) - 1)) == 0) {
          *(Pack<T, N>*) p = x;
          return;
        }
      #pragma unroll
        for (int i = 0; i < N; i++) p[i] = x.v[i];
      }

      // NaN where one is NaN.
      __device__ __forceinline__ float minimum(float x, float y) {
        float z;
        asm("min.NaN.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
        return z;
      }
      __device__ __forceinline__ float maximum(float x, float y) {
        float z;
        asm("max.NaN.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
        return z;
      }
      __device__ __forceinline__ float sign(float x) { return x > 0.f ? 1.f : x < 0.f ? -1.f : x; }
      __device__ __forceinline__ float sigmoid(float x) { return 1.f / (1.f + expf(-x)); }

      """;

  private CudaTypes() {}

  static String name(DType type) {
    return switch (type) {
      case FLOAT32 -> "float";
      case FLOAT16 -> "f16";
      case BFLOAT16 -> "bf16";
      case BOOL -> "bool8";
      case FLOAT8E4M3FN -> "e4m3";
      case FLOAT64 -> "double";
      case INT8 -> "signed char";
      case UINT8 -> "unsigned char";
      case INT16 -> "short";
      case UINT16 -> "unsigned short";
      case INT32 -> "int";
      case UINT32 -> "unsigned";
      case INT64 -> "long long";
      case UINT64 -> "unsigned long long";
      default -> throw new IllegalArgumentException("element type: " + type);
    };
  }

  /** An unsigned type of as many bytes, to move elements as they are. */
  static String bits(DType type) {
    return switch (type.bits()) {
      case 8 -> "unsigned char";
      case 16 -> "unsigned short";
      case 32 -> "unsigned";
      case 64 -> "unsigned long long";
      default -> throw new IllegalArgumentException("element type: " + type);
    };
  }
}
