package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Attention that keeps scores on the chip. On float16 tensor cores multiply tiles of 64 queries and 64 keys, with the
 * softmax carried along (Dao et al., arXiv 2205.14135); else a warp has all scores of one query.
 */
final class AttentionTactic extends CudaTactic {
  private static final int WARPS = 4;
  private static final int TILE = 64;
  /** Scores of so many keys fit into the memory of a block. */
  private static final long MOST_KEYS = 3000;

  AttentionTactic(CudaDevice device) {
    super("cuda.attention", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = AttentionShape.refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    AttentionShape shape = AttentionShape.of(request);
    if (!shape.isForTensorCores() && shape.keys() > MOST_KEYS) {
      return Requests.unsupported("keys " + shape.keys() + " (expected: at most " + MOST_KEYS + ")");
    }
    return new Support.Supported(
        Requests.movementMicros(request) + shape.flops() / (shape.isForTensorCores() ? 1e8 : 1e6));
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AttentionShape shape = AttentionShape.of(request);
    List<Launch.Pointer> pointers = new ArrayList<>();
    for (int port = 0; port < (shape.mask().isPresent() ? 4 : 3); port++) {
      pointers.add(new Launch.Pointer.Input(port));
    }
    pointers.add(new Launch.Pointer.Output(0));
    long rows = shape.batch() * shape.heads() * shape.queries();
    Grid grid = shape.isForTensorCores()
        ? Grid.blocks(shape.batch() * shape.heads() * Math.ceilDiv(shape.queries(), TILE), WARPS * 32)
        : Grid.blocks(Math.ceilDiv(rows, WARPS), WARPS * 32);
    String text = CudaTypes.PRELUDE + (shape.isForTensorCores() ? tensorCores(shape) : warps(shape));
    long function = device.function(new KernelCompiler.Source("attention", text, request.output().dtype().bits() == 16));
    return GeneratedKernel.of(device, new Launch(function, grid, 0, pointers));
  }

  private static String parameters(AttentionShape shape) {
    String type = CudaTypes.name(shape.type());
    String mask = shape.mask().map(own -> "const " + CudaTypes.name(own.type()) + "* mask, ").orElse("");
    return "const %1$s* q, const %1$s* k, const %1$s* v, %2$s%1$s* out".formatted(type, mask);
  }

  /** What is added to the score of a query and a key. */
  private static String masked(AttentionShape shape, String query, String key) {
    return shape.mask()
        .map(mask -> " + widen(mask[b * %dll + h * %dll + %s * %dll + %s * %dll])".formatted(
            mask.batch(), mask.head(), query, mask.query(), key, mask.key()))
        .orElse("");
  }

  private static String place(AttentionShape.Place place, String head) {
    return "b * %dll + (%s) * %dll".formatted(place.batch(), head, place.head());
  }

  private static String warps(AttentionShape shape) {
    String head = "h / " + shape.group();
    return """
        extern "C" __global__ void __launch_bounds__(128) attention(%1$s) {
          __shared__ float all[4][%2$d];
          const int lane = threadIdx.x %% 32;
          const long long row = blockIdx.x * 4ll + threadIdx.x / 32;
          if (row >= %3$dll) return;
          const long long i = row %% %4$d, h = row / %4$d %% %5$d, b = row / %4$d / %5$d;
          float* scores = all[threadIdx.x / 32];
          q += %6$s + i * %7$dll;
          k += %8$s;
          v += %9$s;
          out += %10$s + i * %11$dll;
          float most = __int_as_float(0xff800000);
          for (long long j = lane; j < %2$d; j += 32) {
            float score = 0.f;
            for (int d = 0; d < %12$d; d++) score += widen(q[d]) * widen(k[j * %13$dll + d]);
            score = score * %14$s%15$s;
            scores[j] = score;
            most = maximum(most, score);
          }
        #pragma unroll
          for (int o = 16; o > 0; o /= 2) most = maximum(most, __shfl_xor_sync(0xffffffffu, most, o));
          const float base = most == __int_as_float(0xff800000) ? 0.f : most;
          float sum = 0.f;
          for (int j = lane; j < %2$d; j += 32) {
            scores[j] = expf(scores[j] - base);
            sum += scores[j];
          }
        #pragma unroll
          for (int o = 16; o > 0; o /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, o);
          __syncwarp();
          for (int d = lane; d < %16$d; d += 32) {
            float value = 0.f;
            for (long long j = 0; j < %2$d; j++) value += scores[j] * widen(v[j * %17$dll + d]);
            out[d] = narrow<%18$s>(sum == 0.f ? 0.f : value / sum);
          }
        }
        """.formatted(parameters(shape), shape.keys(), shape.batch() * shape.heads() * shape.queries(), shape.queries(),
            shape.heads(), place(shape.query(), "h"), shape.query().position(), place(shape.key(), head),
            place(shape.value(), head), place(shape.output(), "h"), shape.output().position(), shape.size(),
            shape.key().position(), ExpressionSource.literal(shape.scale()), masked(shape, "i", "j"), shape.valueSize(),
            shape.value().position(), CudaTypes.name(shape.type()));
  }

  /** A warp has 16 queries. Fragments lie as PTX says for mma.m16n8k16. */
  private static String tensorCores(AttentionShape shape) {
    String head = "h / " + shape.group();
    return """
        __device__ __forceinline__ unsigned pair(float low, float high) {
          unsigned both;
          asm("cvt.rn.f16x2.f32 %%0, %%1, %%2;" : "=r"(both) : "f"(high), "f"(low));
          return both;
        }
        __device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
          asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%%0,%%1,%%2,%%3}, {%%4,%%5,%%6,%%7}, {%%8,%%9},"
              " {%%0,%%1,%%2,%%3};"
              : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
              : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
        }
        __device__ __forceinline__ unsigned two(const f16* p) {
          const Pack<f16, 2> v = load<2>(p);
          return v.v[0].bits | (unsigned) v.v[1].bits << 16;
        }

        extern "C" __global__ void __launch_bounds__(128) attention(%1$s) {
          constexpr int D = %2$d, KEYS = %3$d, QUERIES = %4$d;
          const float none = __int_as_float(0xff800000);
          __shared__ __align__(16) f16 ks[64][D + 8], vs[64][D + 8];
          const int lane = threadIdx.x %% 32, row = lane / 4, column = lane %% 4 * 2;
          const int tile = blockIdx.x %% %5$d;
          const long long h = blockIdx.x / %5$d %% %6$d, b = blockIdx.x / %5$d / %6$d;
          q += %7$s;
          k += %8$s;
          v += %9$s;
          out += %10$s;
          const int i[2] = {tile * 64 + (int) threadIdx.x / 32 * 16 + row, tile * 64 + (int) threadIdx.x / 32 * 16 + row + 8};
          unsigned a[D / 16][4];
        #pragma unroll
          for (int c = 0; c < D / 16; c++) {
        #pragma unroll
            for (int e = 0; e < 4; e++) {
              a[c][e] = i[e %% 2] < QUERIES ? two(q + i[e %% 2] * %11$dll + c * 16 + e / 2 * 8 + column) : 0u;
            }
          }
          float o[D / 8][4] = {};
          float most[2] = {none, none}, sum[2] = {0.f, 0.f};
          for (int j0 = 0; j0 < KEYS; j0 += 64) {
            __syncthreads();
            for (int x = threadIdx.x; x < 64 * D / 8; x += 128) {
              const int j = x / (D / 8), d = x %% (D / 8) * 8;
              Pack<f16, 8> kx = {}, vx = {};
              if (j0 + j < KEYS) {
                kx = load<8>(k + (j0 + j) * %12$dll + d);
                vx = load<8>(v + (j0 + j) * %13$dll + d);
              }
              *(Pack<f16, 8>*) &ks[j][d] = kx;
              *(Pack<f16, 8>*) &vs[j][d] = vx;
            }
            __syncthreads();
            float s[8][4] = {};
        #pragma unroll
            for (int t = 0; t < 8; t++) {
        #pragma unroll
              for (int c = 0; c < D / 16; c++) {
                const f16* p = &ks[t * 8 + row][c * 16 + column];
                multiply(s[t], a[c], *(const unsigned*) p, *(const unsigned*) (p + 8));
              }
            }
            float top[2] = {most[0], most[1]};
        #pragma unroll
            for (int t = 0; t < 8; t++) {
        #pragma unroll
              for (int e = 0; e < 4; e++) {
                const long long j = j0 + t * 8 + column + e %% 2, query = min(i[e / 2], QUERIES - 1);
                s[t][e] = j < KEYS ? s[t][e] * %14$s%15$s : none;
                top[e / 2] = fmaxf(top[e / 2], s[t][e]);
              }
            }
        #pragma unroll
            for (int r = 0; r < 2; r++) {
              top[r] = fmaxf(top[r], __shfl_xor_sync(0xffffffffu, top[r], 1));
              top[r] = fmaxf(top[r], __shfl_xor_sync(0xffffffffu, top[r], 2));
              const float base = top[r] == none ? 0.f : top[r];
              const float factor = expf(most[r] - base);
              most[r] = top[r];
              sum[r] *= factor;
        #pragma unroll
              for (int d = 0; d < D / 8; d++) {
                o[d][2 * r] *= factor;
                o[d][2 * r + 1] *= factor;
              }
        #pragma unroll
              for (int t = 0; t < 8; t++) {
                s[t][2 * r] = expf(s[t][2 * r] - base);
                s[t][2 * r + 1] = expf(s[t][2 * r + 1] - base);
                sum[r] += s[t][2 * r] + s[t][2 * r + 1];
              }
            }
        #pragma unroll
            for (int j = 0; j < 4; j++) {
              const unsigned p[4] = {pair(s[2 * j][0], s[2 * j][1]), pair(s[2 * j][2], s[2 * j][3]),
                  pair(s[2 * j + 1][0], s[2 * j + 1][1]), pair(s[2 * j + 1][2], s[2 * j + 1][3])};
        #pragma unroll
              for (int d = 0; d < D / 8; d++) {
                unsigned b0, b1;
                const unsigned address = (unsigned) __cvta_generic_to_shared(&vs[j * 16 + lane %% 16][d * 8]);
                asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%%0,%%1}, [%%2];"
                    : "=r"(b0), "=r"(b1) : "r"(address) : "memory");
                multiply(o[d], p, b0, b1);
              }
            }
          }
        #pragma unroll
          for (int r = 0; r < 2; r++) {
            sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 1);
            sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 2);
            const float factor = sum[r] == 0.f ? 0.f : 1.f / sum[r];
            if (i[r] < QUERIES) {
        #pragma unroll
              for (int d = 0; d < D / 8; d++) {
                Pack<f16, 2> y;
                y.v[0] = narrow<f16>(o[d][2 * r] * factor);
                y.v[1] = narrow<f16>(o[d][2 * r + 1] * factor);
                store<2>(out + i[r] * %16$dll + d * 8 + column, y);
              }
            }
          }
        }
        """.formatted(parameters(shape), shape.size(), shape.keys(), shape.queries(),
            Math.ceilDiv(shape.queries(), TILE), shape.heads(), place(shape.query(), "h"), place(shape.key(), head),
            place(shape.value(), head), place(shape.output(), "h"), shape.query().position(), shape.key().position(),
            shape.value().position(), ExpressionSource.literal(shape.scale()), masked(shape, "query", "j"),
            shape.output().position());
  }
}
