package dev.slipway.backend.cuda;

/**
 * Writes convolutions of up to four channels, stored as eight, with steps of two pixels across. A block makes 16 by 16
 * pixels of up to 64 channels: it has the input under them in its memory, where the window of an output pixel begins 16
 * bytes behind that of its neighbour, as fragments want it. Windows are widened by weights of zero until each row starts
 * at an even pixel and is a multiple of four pixels. Blocks stay for several tiles: weights are read once, and the next
 * input is on its way while the last one is computed.
 */
record FirstConvSource(ConvProblem problem, ChannelEpilogue epilogue, boolean hasBias, int multiprocessors) {
  static final int CHANNELS = 4;
  static final int STORED_CHANNELS = 8;

  private static final String KERNEL = "first_conv";
  private static final int TILE = 16;
  private static final int MOST_COLUMNS = 64;
  private static final int THREADS = 256;
  private static final int PADDING = 8;
  private static final int BLOCKS_OF_PROCESSOR = 2;

  /** Pixels of a widened row in front of the window. */
  long pixelsBefore() {
    return problem.pads().get(1) % 2;
  }

  /** Pixels of a widened row. */
  long pixelsOfRow() {
    return Math.ceilDiv(problem.weights().dims().get(3) + pixelsBefore(), 4) * 4;
  }

  /** Weights of an output channel. */
  long depth() {
    return problem.weights().dims().get(2) * pixelsOfRow() * CHANNELS;
  }

  private long channels() {
    return problem.output().dims().get(1);
  }

  /** Output channels of a block. */
  private long columns() {
    return Math.min(MOST_COLUMNS, Math.ceilDiv(channels(), 16) * 16);
  }

  private long patchHeight() {
    return (TILE - 1) * problem.strides().get(0) + problem.weights().dims().get(2);
  }

  private long patchWidth() {
    return (TILE - 1) * 2 + pixelsOfRow();
  }

  private long columnBlocks() {
    return Math.ceilDiv(channels(), columns());
  }

  private long tiles() {
    long down = Math.ceilDiv(problem.output().dims().get(2), TILE);
    long across = Math.ceilDiv(problem.output().dims().get(3), TILE);
    return problem.output().dims().get(0) * down * across;
  }

  /** Blocks for the same channels: all at once on the device. */
  private long blocksForColumns() {
    long tilesOfBlock = Math.ceilDiv(tiles() * columnBlocks(), (long) multiprocessors * BLOCKS_OF_PROCESSOR);
    return Math.ceilDiv(tiles(), tilesOfBlock);
  }

  Grid grid() {
    return Grid.blocks(blocksForColumns() * columnBlocks(), THREADS);
  }

  private int sharedBytes() {
    long patches = 2 * patchHeight() * patchWidth() * CHANNELS;
    long weights = columns() * (depth() + PADDING);
    long results = TILE * TILE * (columns() + PADDING);
    return Math.toIntExact((patches + weights + results) * Short.BYTES);
  }

  KernelCompiler.Source write() {
    String text = CudaTypes.PRELUDE + TensorCoreSource.functions(epilogue.type()) + """
        extern "C" __global__ void __launch_bounds__(256, 2) first_conv(const Half* a, const Half* w, %1$s%2$sHalf* out) {
          constexpr int H = %3$d, W = %4$d, OH = %5$d, OW = %6$d, channels = %7$d;
          constexpr int BN = %8$d, KY = %9$d, ROW = %10$d;
          constexpr int SY = %11$d, PY = %12$d, LEFT = %13$d, PH = %14$d, PW = %15$d, DEPTH = KY * ROW * 4;
          constexpr int PITCH = DEPTH + 8, OUT = BN + 8, ACROSS = (OW + 15) / 16, DOWN = (OH + 15) / 16;
          constexpr int COLUMNS = (channels + BN - 1) / BN, PACKS = BN / 8, PATCH = PH * PW * 4, TILES = %18$d, STEP = %19$d;
          extern __shared__ __align__(128) unsigned char memory[];
          Half* const patches = (Half*) memory;
          Half* const weights = patches + 2 * PATCH;
          Half* const kept = weights + BN * PITCH;
          const int lane = threadIdx.x %% 32, warp = threadIdx.x / 32;
          const int n0 = blockIdx.x %% COLUMNS * BN;
          auto fetch = [&](int tile, Half* patch) {
            const int ox0 = tile %% ACROSS * 16, oy0 = tile / ACROSS %% DOWN * 16, image = tile / ACROSS / DOWN;
            const Half* const from = a + (long long) image * H * W * 8;
            for (int p = threadIdx.x; p < PH * PW; p += 256) {
              const int y = oy0 * SY - PY + p / PW, x = ox0 * 2 - LEFT + p %% PW;
              const bool inside = (unsigned) y < H && (unsigned) x < W;
              copy8Bytes(patch + p * 4, inside ? from + (y * W + x) * 8 : a, inside);
            }
          };
          int tile = blockIdx.x / COLUMNS, turn = 0;
          fetch(tile, patches);
          for (int p = threadIdx.x; p < BN * DEPTH / 8; p += 256) {
            const int row = p / (DEPTH / 8), c = p %% (DEPTH / 8) * 8;
            copy16(weights + row * PITCH + c, n0 + row < channels ? w + (n0 + row) * DEPTH + c : w, n0 + row < channels);
          }
          commit();
        #pragma unroll 1
          for (; tile < TILES; tile += STEP, turn ^= 1) {
            if (tile + STEP < TILES) fetch(tile + STEP, patches + (turn ^ 1) * PATCH);
            commit();
            await<1>();
            __syncthreads();
            const Half* const patch = patches + turn * PATCH;
            const int ox0 = tile %% ACROSS * 16, oy0 = tile / ACROSS %% DOWN * 16, image = tile / ACROSS / DOWN;
            float sum[2][BN / 8][4] = {};
        #pragma unroll 1
            for (int ky = 0; ky < KY; ky++) {
        #pragma unroll
              for (int part = 0; part < ROW / 4; part++) {
                unsigned x[2][4];
        #pragma unroll
                for (int i = 0; i < 2; i++) {
                  matrices(x[i], patch
                      + (((warp * 2 + i) * SY + ky) * PW + lane %% 16 * 2 + part * 4 + lane / 16 * 2) * 4);
                }
        #pragma unroll
                for (int j = 0; j < BN / 16; j++) {
                  unsigned y[4];
                  matrices(y, weights + (j * 16 + lane / 16 * 8 + lane %% 8) * PITCH
                      + (ky * (ROW / 4) + part) * 16 + lane / 8 %% 2 * 8);
        #pragma unroll
                  for (int i = 0; i < 2; i++) {
                    multiply(sum[i][2 * j], x[i], y[0], y[1]);
                    multiply(sum[i][2 * j + 1], x[i], y[2], y[3]);
                  }
                }
              }
            }
        #pragma unroll
            for (int j = 0; j < BN / 8; j++) {
              const int column = j * 8 + lane %% 4 * 2, channel = n0 + column;
              float shift[2] = {0.f, 0.f};
        %16$s
        #pragma unroll
              for (int i = 0; i < 2; i++) {
        #pragma unroll
                for (int half = 0; half < 2; half++) {
                  float result[2] = {sum[i][j][2 * half] + shift[0], sum[i][j][2 * half + 1] + shift[1]};
        %17$s
                  *(unsigned*) (kept + ((warp * 2 + i) * 16 + half * 8 + lane / 4) * OUT + column) =
                      pair(result[0], result[1]);
                }
              }
            }
            __syncthreads();
            for (int p = threadIdx.x; p < 256 * PACKS; p += 256) {
              const int pixel = p / PACKS, oy = oy0 + pixel / 16, ox = ox0 + pixel %% 16, channel = n0 + p %% PACKS * 8;
              if (oy < OH && ox < OW && channel < channels) {
                *(uint4*) (out + ((long long) (image * OH + oy) * OW + ox) * channels + channel) =
                    *(const uint4*) (kept + pixel * OUT + p %% PACKS * 8);
              }
            }
          }
        }
        """.formatted(hasBias ? "const Half* bias, " : "", epilogue.parameters(), problem.input().dims().get(2),
            problem.input().dims().get(3), problem.output().dims().get(2), problem.output().dims().get(3), channels(),
            columns(), problem.weights().dims().get(2), pixelsOfRow(), problem.strides().get(0), problem.pads().get(0),
            problem.pads().get(1) + pixelsBefore(), patchHeight(), patchWidth(),
            hasBias ? TensorCoreSource.SHIFT_OF_PAIR : "",
            epilogue.apply(2), tiles(), blocksForColumns());
    return new KernelCompiler.Source(KERNEL, text, true, sharedBytes());
  }
}
