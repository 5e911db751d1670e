package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;

/**
 * Writes products of bytes on tensor cores: a matrix of unsigned bytes, whose rows may be windows of a picture, times a
 * matrix of signed ones that has its columns one behind the other. Sums are exact; each becomes a float by one fused
 * multiply-add, and that what the epilogue makes of it. All sizes are parameters, so that layers share their code.
 *
 * @param isWindows whether rows are windows, else they lie one behind the other
 */
record ByteTileSource(ByteTile tile, boolean isWindows, ByteEpilogue epilogue) {
  static final String KERNEL = "byte_product";

  KernelCompiler.Source write() {
    boolean isGroup = tile.unit() == ByteTile.Unit.WARPGROUP;
    int unitColumns = tile.columns() / tile.columnUnits();
    String text = CudaTypes.PRELUDE + TensorCoreSource.functions(DType.FLOAT16) + ByteTensorCoreSource.CONVERSIONS
        + (isGroup
            ? ByteTensorCoreSource.warpgroup(unitColumns, tile.depth(), ByteTensorCoreSource.Left.MEMORY)
            : ByteTensorCoreSource.WARP)
        + constants() + head() + (isWindows ? WINDOW_STARTS : "") + FETCH_HEAD
        + (isWindows ? WINDOW_COPIES : MATRIX_COPIES) + FETCH_TAIL + (epilogue.hasBytes() ? SIDE : "")
        + (isGroup ? GROUP_STEPS : WARP_STEPS) + "  if (uk > 0) return;\n" + ByteResults.write(epilogue) + "}\n";
    return new KernelCompiler.Source(KERNEL, text, false, tile.sharedBytes());
  }

  private String constants() {
    boolean isGroup = tile.unit() == ByteTile.Unit.WARPGROUP;
    int unitRows = tile.rows() / tile.rowUnits();
    return """
        constexpr int THREADS = %d, BM = %d, BN = %d, BK = %d, UNITS_M = %d, UNITS_N = %d, UNITS_K = %d, STAGES = %d;
        constexpr int WM = %d, WN = %d, WARPS = %d, PARTS = %d, STRIDE = %d, CHUNKS = BK / 16, LINES = THREADS / CHUNKS;
        constexpr int ROWS = (BM + LINES - 1) / LINES, STAGE = (BM + BN) * BK, RUN = (WN < 64 ? WN : 64) / 4;
        constexpr int GROUPS = WN / 4 / RUN;
        """.formatted(tile.threads(), tile.rows(), tile.columns(), tile.depth(), tile.rowUnits(), tile.columnUnits(),
            tile.depthUnits(), tile.stages(), unitRows, tile.columns() / tile.columnUnits(), isGroup ? 4 : 1,
            unitRows / (isGroup ? 64 : 16), isGroup ? 64 : 16);
  }

  private String head() {
    String window = isWindows
        ? """
          const unsigned char* padding, const int H, const int W, const int C, const int OH, const int OW, const int KH,
              const int KW, const int SY, const int SX, const int DY, const int DX, const int PY, const int PX,
          """
        : "";
    return """
        extern "C" __global__ void __launch_bounds__(THREADS, %d) byte_product(
            const unsigned char* a, const signed char* w, %s%sconst int pixels, const int channels, const int valid, const int depth, %s) {
          extern __shared__ __align__(1024) unsigned char memory[];
          const int lane = threadIdx.x %% 32, warp = threadIdx.x / 32, unit = warp / WARPS;
          const int um = unit %% UNITS_M, un = unit / UNITS_M %% UNITS_N, uk = unit / (UNITS_M * UNITS_N);
          const int firstRow = um * WM + %s + lane / 4;
          const int weightRows = (channels + 63) / 64 * 64, columnBlocks = (weightRows + BN - 1) / BN;
          const int m0 = blockIdx.x / columnBlocks * BM, n0 = blockIdx.x %% columnBlocks * BN;
          const int chunk = threadIdx.x %% CHUNKS, line = threadIdx.x / CHUNKS;
          // Where the results of a thread begin, of which it has RUN neighbours.
          auto firstChannel = [&](int group) {
            const int column = n0 + un * WN + group * 64;
            return column / 64 * 64 + lane %% 4 * 16 + column %% 64 / 4;
          };
          auto channelOf = [&](int group, int word) { return %s; };
          // Chunks of 16 bytes lie so that those of eight neighbouring rows are in different banks.
          auto place = [](int row, int c) { return row * BK + (c ^ (BK == 128 ? row & 7 : row >> 1 & 3)) * 16; };
        """.formatted(tile.blocksOfProcessor(), epilogue.channelParameters(), window, epilogue.parameters(),
            tile.unit() == ByteTile.Unit.WARPGROUP ? "warp % 4 * 16" : "0",
            epilogue.givesBytes()
                ? "firstChannel(group) + word * 4"
                : "n0 + un * WN + group * 64 + word * 16 + lane % 4 * 4");
  }

  private static final String WINDOW_STARTS = """
        int from[ROWS], y0[ROWS], x0[ROWS];
      #pragma unroll
        for (int i = 0; i < ROWS; i++) {
          const int m = m0 + line + i * LINES, image = m / (OH * OW);
          y0[i] = m < pixels ? m / OW % OH * SY - PY : -(1 << 29);
          x0[i] = m % OW * SX - PX;
          from[i] = m < pixels ? ((image * H + y0[i]) * W + x0[i]) * C : 0;
        }
        // The chunk of the next step: its channel and its place in the window.
        int c = chunk * 16, ky = 0, kx = 0;
        auto settle = [&]() {
          while (c >= C) {
            c -= C;
            if (++kx == KW) {
              kx = 0;
              ky++;
            }
          }
        };
        settle();
      """;

  private static final String FETCH_HEAD = """
        auto fetch = [&](int step) {
          unsigned char* const left = memory + step % STAGES * STAGE;
          unsigned char* const right = left + BM * BK;
          const int k = step * BK + chunk * 16;
      """;

  private static final String MATRIX_COPIES = """
      #pragma unroll
          for (int i = 0; i < ROWS; i++) {
            const int row = line + i * LINES;
            if (BM % LINES == 0 || row < BM) {
              const bool inside = m0 + row < pixels && k < depth;
              copy16(left + place(row, chunk), inside ? a + (long long) (m0 + row) * depth + k : a, inside);
            }
          }
      """;

  private static final String WINDOW_COPIES = """
          const int dy = ky * DY, dx = kx * DX;
      #pragma unroll
          for (int i = 0; i < ROWS; i++) {
            const int row = line + i * LINES;
            if (BM % LINES == 0 || row < BM) {
              const bool inside = (unsigned) (y0[i] + dy) < H && (unsigned) (x0[i] + dx) < W && ky < KH;
              copy16Cached(left + place(row, chunk), inside ? a + (from[i] + (dy * W + dx) * C + c) : padding, true);
            }
          }
          c += BK;
          settle();
      """;

  private static final String FETCH_TAIL = """
      #pragma unroll
          for (int i = 0; i < (BN + LINES - 1) / LINES; i++) {
            const int row = line + i * LINES;
            if (BN % LINES == 0 || row < BN) {
              const bool inside = n0 + row < weightRows && k < depth;
              copy16(right + place(row, chunk), inside ? w + (long long) (n0 + row) * depth + k : w, inside);
            }
          }
        };
        // Warpgroups do not read them before they are written.
        int sum[PARTS][WN / 8][4];
        const int steps = (depth + BK - 1) / BK;
      #pragma unroll
        for (int step = 0; step < STAGES - 1; step++) {
          if (step < steps) fetch(step);
          commit();
        }
      """;

  /** Loads the side while the first steps are on their way. */
  private static final String SIDE = """
        Pack<unsigned, RUN / 4> near[GROUPS][PARTS][2] = {};
      #pragma unroll
        for (int i = 0; i < GROUPS * PARTS * 2; i++) {
          const int pixel = m0 + firstRow + i / 2 % PARTS * STRIDE + i % 2 * 8, channel = firstChannel(i / 2 / PARTS);
          if (uk == 0 && pixel < pixels && channel < channels) {
            near[i / 2 / PARTS][i / 2 % PARTS][i % 2] =
                *(const Pack<unsigned, RUN / 4>*) (side + (long long) pixel * channels + channel);
          }
        }
      """;

  private static final String WARP_STEPS = """
      #pragma unroll
        for (int v = 0; v < PARTS * WN / 2; v++) sum[v / (WN / 2)][v / 4 % (WN / 8)][v % 4] = 0;
      #pragma unroll 1
        for (int step = 0; step < steps; step++) {
          await<STAGES - 2>();
          __syncthreads();
          if (step + STAGES - 1 < steps) fetch(step + STAGES - 1);
          commit();
          const unsigned char* const left = memory + step % STAGES * STAGE;
          const unsigned char* const right = left + BM * BK;
      #pragma unroll
          for (int own = 0; own < BK / 32 / UNITS_K; own++) {
            const int part = (own * UNITS_K + uk) * 2;
            unsigned x[PARTS][4];
      #pragma unroll
            for (int i = 0; i < PARTS; i++) {
              matrices(x[i], left + place(um * WM + i * 16 + lane % 16, part + lane / 16));
            }
      #pragma unroll
            for (int j = 0; j < WN / 16; j++) {
              unsigned y[4];
              matrices(y, right + place(un * WN + j * 16 + lane / 16 * 8 + lane % 8, part + lane / 8 % 2));
      #pragma unroll
              for (int i = 0; i < PARTS; i++) {
                multiply(sum[i][2 * j], x[i], y[0], y[1]);
                multiply(sum[i][2 * j + 1], x[i], y[2], y[3]);
              }
            }
          }
        }
        await<0>();
        if (UNITS_K > 1) {
          __syncthreads();
          constexpr int VALUES = WM * WN / 32;
          int* const partial = (int*) memory + unit % (UNITS_M * UNITS_N) * 32 * VALUES + lane;
          if (uk > 0) {
      #pragma unroll
            for (int v = 0; v < VALUES; v++) {
              partial[(uk - 1) * BM * BN + v * 32] = sum[v / (WN / 2)][v / 4 % (WN / 8)][v % 4];
            }
          }
          __syncthreads();
          for (int other = 0; uk == 0 && other < UNITS_K - 1; other++) {
      #pragma unroll
            for (int v = 0; v < VALUES; v++) {
              sum[v / (WN / 2)][v / 4 % (WN / 8)][v % 4] += partial[other * BM * BN + v * 32];
            }
          }
        }
      """;

  private static final String GROUP_STEPS = """
      #pragma unroll 1
        for (int step = 0; step < steps; step++) {
          await<STAGES - 2>();
          publish();
          __syncthreads();
          const unsigned char* const left = memory + step % STAGES * STAGE;
          const unsigned long long x = operand(left + um * WM * BK), y = operand(left + (BM + un * WN) * BK);
          arrive();
      #pragma unroll
          for (int part = 0; part < BK / 32; part++) {
      #pragma unroll
            for (int i = 0; i < PARTS; i++) {
              multiply(sum[i], x + i * 64 * BK / 16 + part * 2, y + part * 2, step + part > 0);
            }
          }
          submit();
          if (step + STAGES - 1 < steps) fetch(step + STAGES - 1);
          commit();
          finish<0>();
        }
        await<0>();
      """;
}
