package dev.slipway.backend.cuda;

/** Writes the kernels of an attention. */
record AttentionSource(AttentionShape shape) {
  private static final int WARPS = 4;

  /** Of the kernel with a warp for each query. */
  Grid grid() {
    return Grid.blocks(Math.ceilDiv(shape.batch() * shape.heads() * shape.queries(), WARPS), WARPS * 32);
  }

  private String parameters() {
    String type = CudaTypes.name(shape.type());
    String mask = shape.mask().map(own -> "const " + CudaTypes.name(own.type()) + "* mask, ").orElse("");
    return "const %1$s* q, const %1$s* k, const %1$s* v, %2$s%1$s* out".formatted(type, mask);
  }

  /** What is added to the score of a query and a key. */
  private String masked(String query, String key) {
    return shape.mask()
        .map(mask -> " + widen(mask[b * %dll + h * %dll + %s * %dll + %s * %dll])".formatted(
            mask.batch(), mask.head(), query, mask.query(), key, mask.key()))
        .orElse("");
  }

  private static String place(AttentionShape.Place place, String head) {
    return "%dll + b * %dll + (%s) * %dll".formatted(place.offset(), place.batch(), head, place.head());
  }

  /** A warp for each query. */
  String warps() {
    String head = "h / " + shape.group();
    return CudaTypes.PRELUDE + """
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
        """.formatted(parameters(), shape.keys(), shape.batch() * shape.heads() * shape.queries(), shape.queries(),
            shape.heads(), place(shape.query(), "h"), shape.query().position(), place(shape.key(), head),
            place(shape.value(), head), place(shape.output(), "h"), shape.output().position(), shape.size(),
            shape.key().position(), ExpressionSource.literal(shape.scale()), masked("i", "j"), shape.valueSize(),
            shape.value().position(), CudaTypes.name(shape.type()));
  }

  /** Warps have 16 queries each and a part of the keys. Fragments lie as PTX says for mma.m16n8k16. */
  String tensorCores(AttentionTiles tiles) {
    String head = "h / " + shape.group();
    return CudaTypes.PRELUDE + TensorCoreSource.functions(shape.type()) + """
        extern "C" __global__ void __launch_bounds__(%18$d) attention(%1$s) {
          constexpr int D = %2$d, KEYS = %3$d, QUERIES = %4$d, QUERY_WARPS = %17$d, KEY_WARPS = %19$d, TILE = %20$d;
          constexpr int OWN = TILE / KEY_WARPS, THREADS = QUERY_WARPS * KEY_WARPS * 32;
          const float none = __int_as_float(0xff800000);
          __shared__ __align__(16) Half tiles[2][TILE][D + 8];
          Half (&ks)[TILE][D + 8] = tiles[0], (&vs)[TILE][D + 8] = tiles[1];
          const int lane = threadIdx.x %% 32, row = lane / 4, column = lane %% 4 * 2, part = lane / 8, line = lane %% 8;
          const int queryWarp = threadIdx.x / 32 %% QUERY_WARPS, keyWarp = threadIdx.x / 32 / QUERY_WARPS;
          const int tile = blockIdx.x %% %5$du;
          const long long h = blockIdx.x / %5$du %% %6$du, b = blockIdx.x / %5$du / %6$du;
          q += %7$s;
          k += %8$s;
          v += %9$s;
          out += %10$s;
          const int first = (tile * QUERY_WARPS + queryWarp) * 16 + row;
          const int i[2] = {first, first + 8};
          unsigned a[D / 16][4];
        #pragma unroll
          for (int c = 0; c < D / 16; c++) {
        #pragma unroll
            for (int e = 0; e < 4; e++) {
              a[c][e] = i[e %% 2] < QUERIES ? two(q + i[e %% 2] * %11$dll + c * 16 + e / 2 * 8 + column) : 0u;
            }
          }
          const bool aligned = (((unsigned long long) k | (unsigned long long) v) & 15) == 0;
          float o[D / 8][4] = {};
          float most[2] = {none, none}, sum[2] = {0.f, 0.f};
          for (int j0 = 0; j0 < KEYS; j0 += TILE) {
            __syncthreads();
            for (int x = threadIdx.x; x < TILE * D / 8; x += THREADS) {
              const int j = x / (D / 8), d = x %% (D / 8) * 8;
              copy8(&ks[j][d], k + min(j0 + j, KEYS - 1) * %12$dll + d, j0 + j < KEYS, aligned);
            }
            commit();
            for (int x = threadIdx.x; x < TILE * D / 8; x += THREADS) {
              const int j = x / (D / 8), d = x %% (D / 8) * 8;
              copy8(&vs[j][d], v + min(j0 + j, KEYS - 1) * %13$dll + d, j0 + j < KEYS, aligned);
            }
            commit();
            await<1>();
            __syncthreads();
            float s[OWN / 8][4] = {};
        #pragma unroll
            for (int t = 0; t < OWN / 8; t += 2) {
        #pragma unroll
              for (int c = 0; c < D / 16; c++) {
                unsigned x[4];
                matrices(x, &ks[keyWarp * OWN + t * 8 + part / 2 * 8 + line][c * 16 + part %% 2 * 8]);
                multiply(s[t], a[c], x[0], x[1]);
                multiply(s[t + 1], a[c], x[2], x[3]);
              }
            }
            float top[2] = {most[0], most[1]};
        #pragma unroll
            for (int t = 0; t < OWN / 8; t++) {
        #pragma unroll
              for (int e = 0; e < 4; e++) {
                const int key = j0 + keyWarp * OWN + t * 8 + column + e %% 2;
                const long long j = KEYS %% TILE == 0 ? key : min(key, KEYS - 1), query = min(i[e / 2], QUERIES - 1);
                s[t][e] = KEYS %% TILE == 0 || key < KEYS ? s[t][e] * %14$s%15$s : none;
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
              for (int t = 0; t < OWN / 8; t++) {
                s[t][2 * r] = expf(s[t][2 * r] - base);
                s[t][2 * r + 1] = expf(s[t][2 * r + 1] - base);
                sum[r] += s[t][2 * r] + s[t][2 * r + 1];
              }
            }
            await<0>();
            __syncthreads();
        #pragma unroll
            for (int j = 0; j < OWN / 16; j++) {
              const unsigned p[4] = {pair(s[2 * j][0], s[2 * j][1]), pair(s[2 * j][2], s[2 * j][3]),
                  pair(s[2 * j + 1][0], s[2 * j + 1][1]), pair(s[2 * j + 1][2], s[2 * j + 1][3])};
        #pragma unroll
              for (int d = 0; d < D / 8; d += 2) {
                unsigned x[4];
                transposed(x, &vs[keyWarp * OWN + j * 16 + part %% 2 * 8 + line][(d + part / 2) * 8]);
                multiply(o[d], p, x[0], x[1]);
                multiply(o[d + 1], p, x[2], x[3]);
              }
            }
          }
        #pragma unroll
          for (int r = 0; r < 2; r++) {
            sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 1);
            sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 2);
          }
          if (KEY_WARPS > 1) {
            float* partial = (float*) tiles;
            constexpr int SIZE = D / 2 + 4;
            __syncthreads();
            if (keyWarp > 0) {
              float* own = partial + ((keyWarp - 1) * QUERY_WARPS + queryWarp) * 32 * SIZE + lane;
        #pragma unroll
              for (int d = 0; d < D / 2; d++) own[d * 32] = o[d / 4][d %% 4];
        #pragma unroll
              for (int r = 0; r < 2; r++) {
                own[(D / 2 + r) * 32] = most[r];
                own[(D / 2 + 2 + r) * 32] = sum[r];
              }
            }
            __syncthreads();
            if (keyWarp > 0) return;
            for (int w = 0; w < KEY_WARPS - 1; w++) {
              const float* other = partial + (w * QUERY_WARPS + queryWarp) * 32 * SIZE + lane;
        #pragma unroll
              for (int r = 0; r < 2; r++) {
                const float theirs = other[(D / 2 + r) * 32], top = fmaxf(most[r], theirs);
                const float base = top == none ? 0.f : top;
                const float mine = expf(most[r] - base), factor = expf(theirs - base);
                most[r] = top;
                sum[r] = sum[r] * mine + other[(D / 2 + 2 + r) * 32] * factor;
        #pragma unroll
                for (int d = 0; d < D / 8; d++) {
                  o[d][2 * r] = o[d][2 * r] * mine + other[(d * 4 + 2 * r) * 32] * factor;
                  o[d][2 * r + 1] = o[d][2 * r + 1] * mine + other[(d * 4 + 2 * r + 1) * 32] * factor;
                }
              }
            }
          }
        #pragma unroll
          for (int r = 0; r < 2; r++) {
            const float factor = sum[r] == 0.f ? 0.f : 1.f / sum[r];
            if (i[r] < QUERIES) {
        #pragma unroll
              for (int d = 0; d < D / 8; d++) {
                Pack<Half, 2> y;
                y.v[0] = narrow<Half>(o[d][2 * r] * factor);
                y.v[1] = narrow<Half>(o[d][2 * r + 1] * factor);
                store<2>(out + i[r] * %16$dll + d * 8 + column, y);
              }
            }
          }
        }
        """.formatted(parameters(), shape.size(), shape.keys(), shape.queries(),
            Math.ceilDiv(shape.queries(), tiles.queries()), shape.heads(), place(shape.query(), "h"),
            place(shape.key(), head), place(shape.value(), head), place(shape.output(), "h"), shape.query().position(),
            shape.key().position(), shape.value().position(), ExpressionSource.literal(shape.scale()),
            masked("query", "j"), shape.output().position(), tiles.queryWarps(), tiles.threads(), tiles.keyWarps(),
            tiles.keys());
  }
}
