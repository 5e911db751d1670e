package dev.slipway.backend.cuda;

/**
 * Writes products of float16 on tensor cores: a matrix whose rows may be windows of a picture, times a matrix that has
 * its columns one behind the other. Sizes are parameters, so that products of one epilogue share their code.
 *
 * @param rows how the left matrix is read
 * @param isEarly whether sides are read before the product, when that is short
 */
record TileSource(TileShape tile, Rows rows, ChannelEpilogue epilogue, boolean hasBias, boolean isEarly) {
  static final String KERNEL = "tile_product";

  /** The left matrix. */
  sealed interface Rows {
    /** Rows one behind the other. */
    record Matrix() implements Rows {}

    /** A row is the window of an output pixel, with channels last; a multiple of eight of them. */
    record Windows(
        long height, long width, long channels, long outHeight, long outWidth, long kernelHeight, long kernelWidth,
        long strideY, long strideX, long dilationY, long dilationX, long padY, long padX) implements Rows {}
  }

  KernelCompiler.Source write() {
    String text = CudaTypes.PRELUDE + TensorCoreSource.FUNCTIONS + """
        extern "C" __global__ void __launch_bounds__(%1$d, %18$d) tile_product(const f16* a, const f16* w, %2$s%3$sf16* out,
            const int pixels, const int channels, const int valid, const int depth) {
          constexpr int BM = %4$d, BN = %5$d, BK = %6$d, WARPS_M = %7$d, WARPS_N = %8$d, WARPS_K = %9$d, STAGES = %10$d;
          constexpr int THREADS = %1$d, WM = BM / WARPS_M, WN = BN / WARPS_N, CHUNKS = BK / 8, LINES = THREADS / CHUNKS;
          constexpr int STAGE = (BM + BN) * BK, PITCH = %11$d, PACKS = BN / 8, EACH = BM * PACKS / THREADS;
          extern __shared__ __align__(128) unsigned char memory[];
          f16* const tiles = (f16*) memory;
          const int lane = threadIdx.x %% 32, warp = threadIdx.x / 32;
          const int wm = warp %% WARPS_M, wn = warp / WARPS_M %% WARPS_N, wk = warp / (WARPS_M * WARPS_N);
          const int columnBlocks = (channels + BN - 1) / BN;
          const int m0 = blockIdx.x / columnBlocks * BM, n0 = blockIdx.x %% columnBlocks * BN;
          const int chunk = threadIdx.x %% CHUNKS, line = threadIdx.x / CHUNKS;
          // Chunks of eight lie so that those of eight neighbouring rows are in different banks.
          auto place = [](int row, int c) { return row * BK + (c ^ (BK == 64 ? row & 7 : row >> 1 & 3)) * 8; };
        %12$s
          auto fetch = [&](int step) {
            f16* const left = tiles + step %% STAGES * STAGE;
            f16* const right = left + BM * BK;
            const int k = step * BK + chunk * 8;
        %13$s
        #pragma unroll
            for (int i = 0; i < (BN + LINES - 1) / LINES; i++) {
              const int row = line + i * LINES;
              if (BN %% LINES == 0 || row < BN) {
                const bool inside = n0 + row < channels && k < depth;
                copy16(right + place(row, chunk), inside ? w + (long long) (n0 + row) * depth + k : w, inside);
              }
            }
          };
        %14$s
          float sum[WM / 16][WN / 8][4] = {};
          const int steps = (depth + BK - 1) / BK;
        #pragma unroll
          for (int step = 0; step < STAGES - 1; step++) {
            if (step < steps) fetch(step);
            commit();
          }
        #pragma unroll 1
          for (int step = 0; step < steps; step++) {
            await<STAGES - 2>();
            __syncthreads();
            if (step + STAGES - 1 < steps) fetch(step + STAGES - 1);
            commit();
            const f16* const left = tiles + step %% STAGES * STAGE;
            const f16* const right = left + BM * BK;
        #pragma unroll
            for (int own = 0; own < BK / 16 / WARPS_K; own++) {
              const int part = (own * WARPS_K + wk) * 2;
              unsigned x[WM / 16][4];
        #pragma unroll
              for (int i = 0; i < WM / 16; i++) {
                matrices(x[i], left + place(wm * WM + i * 16 + lane %% 16, part + lane / 16));
              }
        #pragma unroll
              for (int j = 0; j < WN / 16; j++) {
                unsigned y[4];
                matrices(y, right + place(wn * WN + j * 16 + lane / 16 * 8 + lane %% 8, part + lane / 8 %% 2));
        #pragma unroll
                for (int i = 0; i < WM / 16; i++) {
                  multiply(sum[i][2 * j], x[i], y[0], y[1]);
                  multiply(sum[i][2 * j + 1], x[i], y[2], y[3]);
                }
              }
            }
          }
          await<0>();
          __syncthreads();
          float* const sums = (float*) memory;
        #pragma unroll
          for (int turn = 0; turn < WARPS_K; turn++) {
            if (wk == turn) {
        #pragma unroll
              for (int i = 0; i < WM / 16; i++) {
        #pragma unroll
                for (int j = 0; j < WN / 8; j++) {
        #pragma unroll
                  for (int half = 0; half < 2; half++) {
                    float2* const to = (float2*) (sums + (wm * WM + i * 16 + half * 8 + lane / 4) * PITCH
                        + wn * WN + j * 8 + lane %% 4 * 2);
                    float2 own = {sum[i][j][2 * half], sum[i][j][2 * half + 1]};
                    if (turn > 0) {
                      own.x += to->x;
                      own.y += to->y;
                    }
                    *to = own;
                  }
                }
              }
            }
            __syncthreads();
          }
        %15$s
        #pragma unroll
          for (int e = 0; e < EACH; e++) {
            const int p = threadIdx.x + e * THREADS;
            const int pixel = m0 + p / PACKS, channel = n0 + p %% PACKS * 8;
            if (pixel < pixels && channel < channels) {
              const float4* const from = (const float4*) (sums + p / PACKS * PITCH + p %% PACKS * 8);
              const float4 low = from[0], high = from[1];
              float result[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
        %16$s
        %17$s
            }
          }
        }
        """.formatted(tile.threads(), hasBias ? "const f16* bias, " : "", epilogue.parameters(), tile.rows(),
            tile.columns(), tile.depth(), tile.rowWarps(), tile.columnWarps(), tile.depthWarps(), tile.stages(),
            tile.pitch(), rowStarts(), rowCopies(), isEarly ? sides() : "", isEarly ? "" : sides(), bias(),
            epilogue.store("e", "(long long) pixel * channels + channel", "channel", "valid", 8),
            tile.blocksOfProcessor());
    return new KernelCompiler.Source(KERNEL, text, true, tile.sharedBytes());
  }

  private String bias() {
    return hasBias
        ? """
          const Pack<f16, 8> shift = load<8>(bias + channel);
          #pragma unroll
          for (int lane = 0; lane < 8; lane++) result[lane] += widen(shift.v[lane]);
          """
        : "";
  }

  private String sides() {
    if (!epilogue.hasSidesLikeOutput()) {
      return "";
    }
    return epilogue.declarations("EACH", 8) + """
        #pragma unroll
        for (int e = 0; e < EACH; e++) {
          const int p = threadIdx.x + e * THREADS;
          const int pixel = m0 + p / PACKS, channel = n0 + p %% PACKS * 8;
          if (pixel < pixels && channel < channels) {
            %s
          }
        }
        """.formatted(epilogue.loads("e", "(long long) pixel * channels + channel", 8));
  }

  /** What is known of the left matrix's rows before the first step. */
  private String rowStarts() {
    return switch (rows) {
      case Rows.Matrix matrix -> "";
      case Rows.Windows window -> """
          constexpr int H = %d, W = %d, C = %d, OH = %d, OW = %d, SY = %d, SX = %d, PY = %d, PX = %d;
          int offset[(BM + LINES - 1) / LINES], y0[(BM + LINES - 1) / LINES], x0[(BM + LINES - 1) / LINES];
          #pragma unroll
          for (int i = 0; i < (BM + LINES - 1) / LINES; i++) {
            const int m = m0 + line + i * LINES;
            const int image = m / (OH * OW);
            y0[i] = m < pixels ? m / OW %% OH * SY - PY : -(1 << 29);
            x0[i] = m %% OW * SX - PX;
            offset[i] = m < pixels ? ((image * H + y0[i]) * W + x0[i]) * C : 0;
          }
          """.formatted(window.height(), window.width(), window.channels(), window.outHeight(), window.outWidth(),
              window.strideY(), window.strideX(), window.padY(), window.padX());
    };
  }

  private String rowCopies() {
    return switch (rows) {
      case Rows.Matrix matrix -> """
          #pragma unroll
          for (int i = 0; i < (BM + LINES - 1) / LINES; i++) {
            const int row = line + i * LINES;
            if (BM % LINES == 0 || row < BM) {
              const bool inside = m0 + row < pixels && k < depth;
              copy16(left + place(row, chunk), inside ? a + (long long) (m0 + row) * depth + k : a, inside);
            }
          }
          """;
      case Rows.Windows window -> """
          const int tap = k / C, c = k %% C, ky = tap / %1$d * %2$d, kx = tap %% %1$d * %3$d;
          #pragma unroll
          for (int i = 0; i < (BM + LINES - 1) / LINES; i++) {
            const int row = line + i * LINES;
            if (BM %% LINES == 0 || row < BM) {
              const bool inside = (unsigned) (y0[i] + ky) < H && (unsigned) (x0[i] + kx) < W && k < depth;
              copy16Cached(left + place(row, chunk), inside ? a + (offset[i] + (ky * W + kx) * C + c) : a, inside);
            }
          }
          """.formatted(window.kernelWidth(), window.dilationY(), window.dilationX());
    };
  }
}
