package dev.slipway.backend.cuda;

/**
 * Writes products of float16 on tensor cores: a matrix whose rows may be windows of a picture, times a matrix that has
 * its columns one behind the other. Sizes are parameters, so that products of one epilogue share their code.
 *
 * @param rows how the left matrix is read
 * @param epilogue with one side like the output at most
 */
record TileSource(TileShape tile, Rows rows, ChannelEpilogue epilogue, boolean hasBias) {
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
    String text = CudaTypes.PRELUDE + TensorCoreSource.functions(epilogue.type()) + """
        extern "C" __global__ void __launch_bounds__(%1$d, %18$d) tile_product(const Half* a, const Half* w, %2$s%3$sHalf* out,
            const int pixels, const int channels, const int depth) {
          constexpr int BM = %4$d, BN = %5$d, BK = %6$d, WARPS_M = %7$d, WARPS_N = %8$d, WARPS_K = %9$d, STAGES = %10$d;
          constexpr int THREADS = %1$d, WM = BM / WARPS_M, WN = BN / WARPS_N, CHUNKS = BK / 8, LINES = THREADS / CHUNKS;
          constexpr int STAGE = (BM + BN) * BK, PITCH = %11$d, PACKS = BN / 8, EACH = BM * PACKS / THREADS;
          extern __shared__ __align__(128) unsigned char memory[];
          Half* const tiles = (Half*) memory;
          Half* const kept = (Half*) (memory + %19$d);
          const int lane = threadIdx.x %% 32, warp = threadIdx.x / 32;
          const int wm = warp %% WARPS_M, wn = warp / WARPS_M %% WARPS_N, wk = warp / (WARPS_M * WARPS_N);
          const int columnBlocks = (channels + BN - 1) / BN;
          const int m0 = blockIdx.x / columnBlocks * BM, n0 = blockIdx.x %% columnBlocks * BN;
          const int chunk = threadIdx.x %% CHUNKS, line = threadIdx.x / CHUNKS;
          // Chunks of eight lie so that those of eight neighbouring rows are in different banks.
          auto place = [](int row, int c) { return row * BK + (c ^ (BK == 64 ? row & 7 : row >> 1 & 3)) * 8; };
        %12$s
          auto fetch = [&](int step) {
            Half* const left = tiles + step %% STAGES * STAGE;
            Half* const right = left + BM * BK;
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
          float sum[WM / 16][WN / 8][4] = {};
          const int steps = (depth + BK - 1) / BK;
        #pragma unroll
          for (int step = 0; step < STAGES - 1; step++) {
            if (step < steps) fetch(step);
            commit();
          }
        %14$s
        #pragma unroll 1
          for (int step = 0; step < steps; step++) {
            await<STAGES - 2>();
            __syncthreads();
            if (step + STAGES - 1 < steps) fetch(step + STAGES - 1);
            commit();
            const Half* const left = tiles + step %% STAGES * STAGE;
            const Half* const right = left + BM * BK;
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
          if (WARPS_K > 1) {
            constexpr int VALUES = WM * WN / 32;
            float* const partial = (float*) memory + warp %% (WARPS_M * WARPS_N) * 32 * VALUES + lane;
            if (wk > 0) {
        #pragma unroll
              for (int v = 0; v < VALUES; v++) {
                partial[((wk - 1) * BM * BN) + v * 32] = sum[v / (WN / 2)][v / 4 %% (WN / 8)][v %% 4];
              }
            }
            __syncthreads();
            for (int other = 0; wk == 0 && other < WARPS_K - 1; other++) {
        #pragma unroll
              for (int v = 0; v < VALUES; v++) {
                sum[v / (WN / 2)][v / 4 %% (WN / 8)][v %% 4] += partial[other * BM * BN + v * 32];
              }
            }
            __syncthreads();
          }
          if (wk == 0) {
        #pragma unroll
            for (int j = 0; j < WN / 8; j++) {
              const int column = wn * WN + j * 8 + lane %% 4 * 2, channel = n0 + column;
              float shift[2] = {0.f, 0.f};
        %15$s
        #pragma unroll
              for (int i = 0; i < WM / 16; i++) {
        #pragma unroll
                for (int half = 0; half < 2; half++) {
                  Half* const place = kept + (wm * WM + i * 16 + half * 8 + lane / 4) * PITCH + column;
                  float result[2] = {sum[i][j][2 * half] + shift[0], sum[i][j][2 * half + 1] + shift[1]};
        %16$s
        %17$s
                  *(unsigned*) place = pair(result[0], result[1]);
                }
              }
            }
          }
          __syncthreads();
        #pragma unroll
          for (int e = 0; e < EACH; e++) {
            const int p = threadIdx.x + e * THREADS;
            const int pixel = m0 + p / PACKS, channel = n0 + p %% PACKS * 8;
            if (pixel < pixels && channel < channels) {
              *(uint4*) (out + (long long) pixel * channels + channel) =
                  *(const uint4*) (kept + p / PACKS * PITCH + p %% PACKS * 8);
            }
          }
        }
        """.formatted(tile.threads(), hasBias ? "const Half* bias, " : "", epilogue.parameters(), tile.rows(),
            tile.columns(), tile.depth(), tile.rowWarps(), tile.columnWarps(), tile.depthWarps(), tile.stages(),
            tile.pitch(), rowStarts(), rowCopies(), side(), hasBias ? TensorCoreSource.SHIFT_OF_PAIR : "",
            hasSide() ? "const auto v0 = *(const Pack<Half, 2>*) place;\n" : "", epilogue.apply(2),
            tile.blocksOfProcessor(), hasSide() ? sharedBytes() - tile.rows() * tile.pitch() * Short.BYTES : 0);
    return new KernelCompiler.Source(KERNEL, text, true, sharedBytes());
  }

  private boolean hasSide() {
    return epilogue.sidesLikeOutput() > 0;
  }

  private int sharedBytes() {
    return tile.sharedBytes(hasSide());
  }

  /** Copies the side into the place of the results. */
  private String side() {
    return hasSide()
        ? """
          #pragma unroll
          for (int e = 0; e < EACH; e++) {
            const int p = threadIdx.x + e * THREADS;
            const int pixel = m0 + p / PACKS, channel = n0 + p % PACKS * 8;
            const bool inside = pixel < pixels && channel < channels;
            copy16(kept + p / PACKS * PITCH + p % PACKS * 8,
                inside ? s0 + (long long) pixel * channels + channel : s0, inside);
          }
          commit();
          """
        : "";
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
