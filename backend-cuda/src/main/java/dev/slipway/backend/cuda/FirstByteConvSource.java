package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;

/**
 * Writes convolutions of pictures of bytes, four channels a pixel, so that a pixel is a word. A block makes 16 by 16
 * pixels of up to 64 channels: it has the input under them in its memory, from which threads take the words of windows
 * where they overlap. Rows of windows are widened by weights of zero to a multiple of eight pixels. Blocks stay for
 * several tiles: weights are read once, and the next input is on its way while the last one is computed.
 *
 * @param shape of the convolution
 * @param unit whose instructions multiply
 * @param blocks that the device takes at once
 */
record FirstByteConvSource(Shape shape, ByteEpilogue epilogue, ByteTile.Unit unit, int blocks) {
  static final int CHANNELS = 4;
  private static final String KERNEL = "first_byte_conv";
  private static final int TILE = 16;
  private static final int THREADS = 256;
  /** Behind the weights of a channel for warps. */
  private static final int PADDING = 16;

  /** What warpgroups read of the weights of a channel at once, in places that repeat after so many bytes. */
  private static final int PART = 64;

  private static final int ALIGNMENT = 1024;
  private static final int PIXELS_OF_STEP = 8;

  /** @param channels of the output, in memory */
  record Shape(
      long batch, long height, long width, long outHeight, long outWidth, long channels, long kernelHeight,
      long kernelWidth, long strideY, long strideX, long padY, long padX) {
    /** Pixels of a widened row of the window. */
    long rowPixels() {
      return Math.ceilDiv(kernelWidth, PIXELS_OF_STEP) * PIXELS_OF_STEP;
    }

    /** Bytes of the weights of an output channel. */
    long depth() {
      return kernelHeight * rowPixels() * CHANNELS;
    }
  }

  private long patchHeight() {
    return (TILE - 1) * shape.strideY() + shape.kernelHeight();
  }

  private long patchWidth() {
    return (TILE - 1) * shape.strideX() + shape.rowPixels();
  }

  private long columnBlocks() {
    return Math.ceilDiv(shape.channels(), ByteConstants.GROUP);
  }

  private long tiles() {
    return shape.batch() * Math.ceilDiv(shape.outHeight(), TILE) * Math.ceilDiv(shape.outWidth(), TILE);
  }

  /** Blocks for the same channels: all at once on the device. */
  private long blocksForColumns() {
    return Math.ceilDiv(tiles(), Math.ceilDiv(tiles() * columnBlocks(), blocks));
  }

  Grid grid() {
    return Grid.blocks(blocksForColumns() * columnBlocks(), THREADS);
  }

  private long weightBytes() {
    long bytes = unit == ByteTile.Unit.WARPGROUP
        ? Math.ceilDiv(shape.depth(), PART) * PART
        : shape.depth() + PADDING;
    return Math.ceilDiv(ByteConstants.GROUP * bytes, ALIGNMENT) * ALIGNMENT;
  }

  int sharedBytes() {
    return Math.toIntExact(weightBytes() + 2 * patchHeight() * patchWidth() * CHANNELS);
  }

  KernelCompiler.Source write() {
    boolean isGroup = unit == ByteTile.Unit.WARPGROUP;
    String text = CudaTypes.PRELUDE + TensorCoreSource.functions(DType.FLOAT16) + ByteTensorCoreSource.CONVERSIONS
        + (isGroup
            ? ByteTensorCoreSource.warpgroup(ByteConstants.GROUP, PART, ByteTensorCoreSource.Left.REGISTERS)
            : ByteTensorCoreSource.WARP)
        + """
        extern "C" __global__ void __launch_bounds__(256, 2) first_byte_conv(
            const unsigned char* a, const signed char* w, %18$sconst unsigned char* padding, const int valid, %1$s) {
          constexpr int H = %2$d, W = %3$d, OH = %4$d, OW = %5$d, channels = %6$d, BN = 64, KY = %7$d, ROW = %8$d;
          constexpr int SY = %9$d, SX = %10$d, PY = %11$d, PX = %12$d, PH = %13$d, PW = %14$d, TILES = %15$d;
          constexpr int STEP = %16$d, DEPTH = KY * ROW * 4, PITCH = DEPTH + 16, WEIGHTS = %22$d;
          constexpr int ACROSS = (OW + 15) / 16, DOWN = (OH + 15) / 16, COLUMNS = (channels + BN - 1) / BN;
          constexpr int PATCH = PH * PW;
          extern __shared__ __align__(1024) unsigned char memory[];
          unsigned char* const weights = memory;
          unsigned* const patches = (unsigned*) (memory + WEIGHTS);
          const int lane = threadIdx.x %% 32, warp = threadIdx.x / 32;
          const int n0 = blockIdx.x %% COLUMNS * BN;
          auto fetch = [&](int tile, unsigned* patch) {
            const int ox0 = tile %% ACROSS * 16, oy0 = tile / ACROSS %% DOWN * 16, image = tile / ACROSS / DOWN;
            const unsigned char* const from = a + (long long) image * H * W * 4;
            for (int p = threadIdx.x; p < PATCH; p += 256) {
              const int y = oy0 * SY - PY + p / PW, x = ox0 * SX - PX + p %% PW;
              const bool inside = (unsigned) y < H && (unsigned) x < W;
              asm volatile("cp.async.ca.shared.global [%%0], [%%1], 4;"
                  :: "r"(shared(patch + p)), "l"(inside ? from + (y * W + x) * 4 : padding) : "memory");
            }
          };
          int tile = blockIdx.x / COLUMNS, turn = 0;
          fetch(tile, patches);
          for (int p = threadIdx.x; p < BN * DEPTH / 16; p += 256) {
            const int row = p / (DEPTH / 16), c = p %% (DEPTH / 16) * 16;
            copy16(weights + %21$s, w + (n0 + row) * DEPTH + c, true);
          }
          commit();
        #pragma unroll 1
          for (; tile < TILES; tile += STEP, turn ^= 1) {
            if (tile + STEP < TILES) fetch(tile + STEP, patches + (turn ^ 1) * PATCH);
            commit();
            await<1>();
        %23$s
            __syncthreads();
            const unsigned* const patch = patches + turn * PATCH;
            const int ox0 = tile %% ACROSS * 16, oy0 = tile / ACROSS %% DOWN * 16, image = tile / ACROSS / DOWN;
            int sum[2][BN / 8][4];
            Pack<unsigned, 4> bytes[2][2];
        %24$s
            __syncthreads();
        #pragma unroll
            for (int word = 0; word < 4; word++) {
              const int channel = n0 + lane %% 4 * 16 + word * 4;
              if (channel >= channels) continue;
        %19$s
        #pragma unroll
              for (int i = 0; i < 2; i++) {
        #pragma unroll
                for (int half = 0; half < 2; half++) {
        %17$s
                  bytes[i][half].v[word] = %20$s;
                }
              }
            }
        #pragma unroll
            for (int i = 0; i < 4; i++) {
              const int oy = oy0 + warp * 2 + i / 2, ox = ox0 + i %% 2 * 8 + lane / 4, channel = n0 + lane %% 4 * 16;
              if (oy < OH && ox < OW && channel < channels) {
                *(Pack<unsigned, 4>*) (out + ((long long) (image * OH + oy) * OW + ox) * channels + channel) =
                    bytes[i / 2][i %% 2];
              }
            }
          }
        }
        """.formatted(epilogue.parameters(), shape.height(), shape.width(), shape.outHeight(), shape.outWidth(),
            shape.channels(), shape.kernelHeight(), shape.rowPixels(), shape.strideY(), shape.strideX(),
            shape.padY(), shape.padX(), patchHeight(), patchWidth(), tiles(), blocksForColumns(),
            epilogue.results("sum[i][word * 2 + e / 2][half * 2 + e % 2]"), epilogue.channelParameters(),
            epilogue.channels(), epilogue.bytes(), isGroup ? GROUP_PLACE : WARP_PLACE, weightBytes(),
            isGroup ? "publish();" : "", isGroup ? GROUP_STEPS : WARP_STEPS);
    return new KernelCompiler.Source(KERNEL, text, false, sharedBytes());
  }

  private static final String WARP_PLACE = "row * PITCH + c";

  private static final String GROUP_PLACE =
      "c / 64 * BN * 64 + row * 64 + (c % 64 / 16 ^ row >> 1 & 3) * 16";

  private static final String FRAGMENTS = """
              unsigned x[2][4];
      #pragma unroll
              for (int i = 0; i < 2; i++) {
                const unsigned* const own =
                    patch + ((warp * 2 + i) * SY + ky) * PW + lane / 4 * SX + part * 8 + lane % 4;
                x[i][0] = own[0];
                x[i][1] = own[8 * SX];
                x[i][2] = own[4];
                x[i][3] = own[8 * SX + 4];
              }
      """;

  private static final String WARP_STEPS = """
      #pragma unroll
          for (int v = 0; v < BN; v++) sum[v / (BN / 2)][v / 4 % (BN / 8)][v % 4] = 0;
      #pragma unroll 1
          for (int ky = 0; ky < KY; ky++) {
      #pragma unroll
            for (int part = 0; part < ROW / 8; part++) {
      """ + FRAGMENTS + """
      #pragma unroll
              for (int j = 0; j < BN / 16; j++) {
                unsigned y[4];
                matrices(y, weights + (j * 16 + lane / 16 * 8 + lane % 8) * PITCH
                    + (ky * (ROW / 8) + part) * 32 + lane / 8 % 2 * 16);
      #pragma unroll
                for (int i = 0; i < 2; i++) {
                  multiply(sum[i][2 * j], x[i], y[0], y[1]);
                  multiply(sum[i][2 * j + 1], x[i], y[2], y[3]);
                }
              }
            }
          }
      """;

  private static final String GROUP_STEPS = """
          const unsigned long long right = operand(weights);
      #pragma unroll
          for (int ky = 0; ky < KY; ky++) {
      #pragma unroll
            for (int part = 0; part < ROW / 8; part++) {
              constexpr int TO_NEXT = BN * 64 / 16;
              const int step = ky * (ROW / 8) + part;
      """ + FRAGMENTS + """
              arrive();
      #pragma unroll
              for (int i = 0; i < 2; i++) multiply(sum[i], x[i], right + step / 2 * TO_NEXT + step % 2 * 2, step > 0);
              submit();
              finish<1>();
            }
          }
          finish<0>();
      """;
}
