package dev.slipway.backend.cuda;

import java.util.ArrayList;
import java.util.List;

/** What kernels share that multiply unsigned by signed bytes on tensor cores; goes behind {@link TensorCoreSource}. */
final class ByteTensorCoreSource {
  /** For warps: fragments lie as those of float16 do, with two bytes in place of one half. */
  static final String WARP = """
      // c += a * b: 16 by 8 of 32 products.
      __device__ __forceinline__ void multiply(int (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
        asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
      }
      """;

  /**
   * Numbers between integers and floats by additions, which are faster than conversions: an integer is the lowest bits of
   * a float of 24 bits.
   */
  static final String CONVERSIONS = """
      constexpr float MIDDLE = 12582912.f;
      constexpr int MIDDLE_BITS = 0x4b400000;
      __device__ __forceinline__ float ofByte(unsigned both, int which) {
        return __uint_as_float(__byte_perm(both, 0x4b000000, 0x7650 | which)) - 8388608.f;
      }
      // Half to even, to bytes next to each other; a number that is none becomes the lowest.
      __device__ __forceinline__ unsigned rounded(const float (&steps)[4], float low, float high, unsigned zero) {
        unsigned x[4];
      #pragma unroll
        for (int i = 0; i < 4; i++) x[i] = __float_as_uint(fminf(fmaxf(steps[i], low), high) + MIDDLE) + zero;
        return __byte_perm(__byte_perm(x[0], x[1], 0x0040), __byte_perm(x[2], x[3], 0x0040), 0x5410);
      }
      // The same for steps of less than 15 bits, two at once: the bounds and the zero point are there twice.
      __device__ __forceinline__ unsigned roundedShort(
          const float (&steps)[4], unsigned low, unsigned high, unsigned zero) {
        unsigned x[4], y[2];
      #pragma unroll
        for (int i = 0; i < 4; i++) x[i] = __float_as_uint(__fadd_rn(steps[i], MIDDLE));
      #pragma unroll
        for (int i = 0; i < 2; i++) {
          y[i] = __vmaxs2(__vmins2(__vadd2(__byte_perm(x[2 * i], x[2 * i + 1], 0x5410), zero), high), low);
        }
        return __byte_perm(y[0], y[1], 0x6420);
      }
      """;

  private ByteTensorCoreSource() {}

  /** Where the left operand of a product lies; the right one is in a block's memory. */
  enum Left {
    MEMORY,
    /** As fragments for warps. */
    REGISTERS
  }

  /**
   * For warpgroups: products of 64 rows and some columns. Operands in a block's memory lie in rows of 64 or 128
   * bytes, with chunks of 16 bytes exchanged as tensor cores want it.
   */
  static String warpgroup(int columns, int rowBytes, Left left) {
    int sums = columns / 2;
    int more = left == Left.MEMORY ? 1 : 4;
    List<String> names = new ArrayList<>();
    List<String> operands = new ArrayList<>();
    for (int i = 0; i < sums; i++) {
      names.add("%" + i);
      operands.add("\"+r\"(c[" + i / 4 + "][" + i % 4 + "])");
    }
    // Fields of a descriptor: address, bytes to the next eight rows, kind of exchange; all but the last over 16.
    long constantFields = 1L << 16 | (long) (rowBytes * 8 / 16) << 32 | (rowBytes == 128 ? 1L : 2L) << 62;
    return """
        __device__ __forceinline__ unsigned long long operand(const void* p) {
          return %dull | (unsigned long long) (shared(p) >> 4 & 0x3fff);
        }
        __device__ __forceinline__ void arrive() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
        __device__ __forceinline__ void submit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
        // Waits until at most N submissions are on their way.
        template <int N> __device__ __forceinline__ void finish() {
          asm volatile("wgmma.wait_group.sync.aligned %%0;" :: "n"(N) : "memory");
        }
        // What this thread copied becomes visible to tensor cores.
        __device__ __forceinline__ void publish() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
        // c = a * b, added to c where that is asked for: 64 rows of 32 products.
        __device__ __forceinline__ void multiply(
            int (&c)[%d][4], %s, unsigned long long b, int adds) {
          asm volatile("{ .reg .pred p; setp.ne.b32 p, %%%d, 0;\\n"
              "wgmma.mma_async.sync.aligned.m64n%dk32.s32.u8.s8 {%s}, %s, %%%d, p; }"
              : %s
              : %s, "l"(b), "r"(adds));
        }
        """.formatted(constantFields, columns / 8,
            left == Left.MEMORY ? "unsigned long long a" : "const unsigned (&a)[4]", sums + more + 1, columns,
            String.join(",", names), leftOperand(left, sums), sums + more, String.join(", ", operands),
            left == Left.MEMORY ? "\"l\"(a)" : "\"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3])");
  }

  private static String leftOperand(Left left, int first) {
    return left == Left.MEMORY
        ? "%" + first
        : "{%%%d,%%%d,%%%d,%%%d}".formatted(first, first + 1, first + 2, first + 3);
  }
}
