package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;

/**
 * Writes products of bytes for which blocks stay: a block loads the weights of some channels once, and each of its
 * warpgroups takes tiles of pixels in turn, with its own copies on their way from memory, so that one computes while
 * another rounds. The pixels under the windows of a tile are in a block's memory once, in the order of pictures with
 * padding between their lines and between each other; windows without padding of one pixel are gathered. Fragments of
 * them go through registers, for which their rows may lie anywhere.
 */
record ByteStreamSource(ByteStreamTile tile, ByteProduct product, ByteEpilogue epilogue) {
  private static final String KERNEL = "byte_stream";
  private static final int CHUNK = 16;
  private static final int TABLE_ENTRY_BYTES = 8;
  /** What a block of Hopper can have. */
  private static final long SHARED_BYTES = 227 << 10;

  private ByteProduct.Window window() {
    long stored = product.stored();
    return product.window().orElse(new ByteProduct.Window(1, 1, stored, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0));
  }

  /** Whether windows lie in pictures with their padding. */
  private boolean isPadded() {
    ByteProduct.Window own = window();
    return own.taps() > 1 || own.padY() > 0 || own.padX() > 0
        || (own.outHeight() - 1) * own.strideY() >= own.height() || (own.outWidth() - 1) * own.strideX() >= own.width();
  }

  /** Pixels of a line with the padding that it shares with the next. */
  private long paddedWidth() {
    ByteProduct.Window own = window();
    return own.width()
        + Math.max(own.padX(), (own.outWidth() - 1) * own.strideX() + own.kernelWidth() - own.padX() - own.width());
  }

  private long paddedHeight() {
    ByteProduct.Window own = window();
    return own.height()
        + Math.max(own.padY(), (own.outHeight() - 1) * own.strideY() + own.kernelHeight() - own.padY() - own.height());
  }

  /** Where the window of an output pixel begins. */
  private long position(long pixel) {
    ByteProduct.Window own = window();
    long line = pixel / own.outWidth();
    return (line / own.outHeight() * paddedHeight() + line % own.outHeight() * own.strideY()) * paddedWidth()
        + pixel % own.outWidth() * own.strideX();
  }

  /** The most pixels under the windows of a tile; tiles repeat after as many as a picture has pixels. */
  private long rows() {
    if (!isPadded()) {
      return tile.rows();
    }
    ByteProduct.Window own = window();
    long tiles = Math.min(Math.ceilDiv(product.pixels(), tile.rows()), own.outHeight() * own.outWidth());
    long most = 0;
    for (long first = 0; first < tiles * tile.rows(); first += tile.rows()) {
      most = Math.max(most, position(Math.min(first + tile.rows(), product.pixels()) - 1) - position(first));
    }
    return most + (own.kernelHeight() - 1) * paddedWidth() + own.kernelWidth();
  }

  private long depths() {
    return Math.ceilDiv(product.stored(), tile.depth());
  }

  /** Tiles whose sides are on their way, and the one that is rounded. */
  private long sides() {
    return epilogue.hasBytes() ? Math.ceilDiv(tile.stages() - 1, depths()) + 1 : 0;
  }

  /** Of a block. */
  long weightBytes() {
    return depths() * product.taps() * tile.columns() * tile.depth();
  }

  private long neededBytes() {
    long unit = tile.stages() * rows() * tile.depth() + sides() * tile.rows() * tile.columns();
    return weightBytes() + (long) tile.columns() * TABLE_ENTRY_BYTES + tile.units() * unit;
  }

  boolean fits() {
    return weightBytes() < SHARED_BYTES && neededBytes() <= SHARED_BYTES;
  }

  /** As many blocks for the same columns as the device takes at once, or as there are tiles for. */
  Grid grid(int multiprocessors) {
    long columnBlocks = Math.ceilDiv(ByteConstants.rows(product.channels()), tile.columns());
    long needed = Math.ceilDiv(Math.ceilDiv(product.pixels(), tile.rows()), tile.units());
    return Grid.blocks(Math.clamp(multiprocessors / columnBlocks, 1, needed) * columnBlocks, tile.threads());
  }

  KernelCompiler.Source write() {
    String text = CudaTypes.PRELUDE + TensorCoreSource.functions(DType.FLOAT16) + ByteTensorCoreSource.CONVERSIONS
        + ByteTensorCoreSource.warpgroup(tile.columns(), tile.depth(), ByteTensorCoreSource.Left.REGISTERS)
        + constants() + head() + PLACES + WEIGHTS + LOCATE + FETCH_HEAD + (epilogue.hasBytes() ? FETCH_SIDE : "")
        + FETCH_TAIL + STEPS + (epilogue.hasBytes() ? SIDE : "") + ByteResults.write(epilogue) + "  }\n}\n";
    return new KernelCompiler.Source(KERNEL, text, false, Math.toIntExact(neededBytes()));
  }

  private String constants() {
    ByteProduct.Window own = window();
    return """
        constexpr int UNITS = %d, PARTS = %d, BN = %d, BK = %d, STAGES = %d, SIDES = %d, ROWS = %d, DEPTHS = %d;
        constexpr int H = %d, W = %d, C = %d, OH = %d, OW = %d, KH = %d, KW = %d, SY = %d, SX = %d, PY = %d, PX = %d;
        constexpr bool IS_PADDED = %b;
        constexpr int HEIGHT = %d, WIDTH = %d, TAPS = KH * KW, THREADS = UNITS * 128, BM = PARTS * 64, STRIDE = 64;
        constexpr int CHUNKS = BK / %d, LINES = 128 / CHUNKS, COPIES = (ROWS + LINES - 1) / LINES, STAGE = ROWS * BK;
        constexpr int WEIGHTS = DEPTHS * TAPS * BN * BK, RUN = 16, GROUPS = BN / 64;
        """.formatted(tile.units(), tile.parts(), tile.columns(), tile.depth(), tile.stages(), sides(), rows(),
            depths(), own.height(), own.width(), own.stored(), own.outHeight(), own.outWidth(), own.kernelHeight(),
            own.kernelWidth(), own.strideY(), own.strideX(), own.padY(), own.padX(), isPadded(), paddedHeight(),
            paddedWidth(), CHUNK);
  }

  private String head() {
    return """
        extern "C" __global__ void __launch_bounds__(THREADS, 1) byte_stream(
            const unsigned char* a, const signed char* w, %sconst unsigned char* padding, const int pixels,
            const int channels, const int valid, %s) {
        """.formatted(epilogue.channelParameters().replace("table", "factors"), epilogue.parameters());
  }

  private static final String PLACES = """
        extern __shared__ __align__(1024) unsigned char memory[];
        const int thread = threadIdx.x % 128, unit = threadIdx.x / 128, warp = thread / 32, lane = thread % 32;
        const int weightRows = (channels + 63) / 64 * 64, columnBlocks = (weightRows + BN - 1) / BN;
        const int n0 = blockIdx.x % columnBlocks * BN;
        const int chunk = threadIdx.x % CHUNKS, line = thread / CHUNKS, firstRow = warp * 16 + lane / 4;
        unsigned char* const own = memory + WEIGHTS + BN * 8 + unit * (STAGES * STAGE + SIDES * BM * BN);
        // Where the results of a thread begin, of which it has RUN neighbours.
        auto firstChannel = [&](int group) { return n0 + group * 64 + lane % 4 * 16; };
        auto channelOf = [&](int group, int word) { return firstChannel(group) + word * 4; };
        // Chunks of 16 bytes lie so that those of eight neighbouring rows are in different banks.
        auto place = [](int row, int c) { return row * BK + (c ^ (BK == 128 ? row & 7 : row >> 1 & 3)) * 16; };
        // Where the window of an output pixel begins.
        auto position = [](int m) {
          return IS_PADDED ? (m / (OH * OW) * HEIGHT + m / OW % OH * SY) * WIDTH + m % OW * SX : m;
        };
        // The first barrier is that of the block.
        auto meet = [&]() { asm volatile("bar.sync %0, 128;" :: "r"(unit + 1) : "memory"); };
      """;

  /** A row of weights for each channel, in steps; the table of the channels lies behind them. */
  private static final String WEIGHTS = """
        for (int p = threadIdx.x; p < DEPTHS * TAPS * BN * CHUNKS; p += THREADS) {
          const int row = p / CHUNKS % BN, step = p / CHUNKS / BN, k = step / TAPS * BK + chunk * 16;
          const bool inside = n0 + row < weightRows && k < C;
          copy16(memory + step * BN * BK + place(row, chunk),
              inside ? w + (long long) (n0 + row) * (TAPS * C) + step % TAPS * C + k : w, inside);
        }
        for (int p = threadIdx.x; p < BN / 2; p += THREADS) {
          const bool inside = n0 + p * 2 < weightRows;
          copy16(memory + WEIGHTS + p * 16, inside ? factors + n0 / 2 + p : factors, inside);
        }
        commit();
        const float4* const table = (const float4*) (memory + WEIGHTS) - n0 / 2;
      """;

  private static final String LOCATE = """
        const int tiles = (pixels + BM - 1) / BM, stride = gridDim.x / columnBlocks * UNITS;
        int tile = blockIdx.x / columnBlocks * UNITS + unit;
        // What is copied next, and where its rows are; -1 for padding.
        int nextTile = tile, nextDepth = 0, nextSlot = 0, nextSide = 0, from[COPIES];
        auto locate = [&]() {
          const int first = position(nextTile * BM);
      #pragma unroll
          for (int i = 0; i < COPIES; i++) {
            const int p = first + line + i * LINES;
            if (IS_PADDED) {
              const int image = p / (WIDTH * HEIGHT), y = p / WIDTH % HEIGHT - PY, x = p % WIDTH - PX;
              const bool inside = (unsigned) y < H && (unsigned) x < W && image * (OH * OW) < pixels;
              from[i] = inside ? ((image * H + y) * W + x) * C : -1;
            } else {
              from[i] = p < pixels ? ((p / (OH * OW) * H + p / OW % OH * SY) * W + p % OW * SX) * C : -1;
            }
          }
        };
      """;

  private static final String FETCH_HEAD = """
        auto fetch = [&]() {
          if (nextTile < tiles) {
            if (nextDepth == 0) locate();
            unsigned char* const to = own + nextSlot * STAGE;
            const int k = nextDepth * BK + chunk * 16;
      #pragma unroll
            for (int i = 0; i < COPIES; i++) {
              const int row = line + i * LINES;
              if (ROWS % LINES == 0 || row < ROWS) {
                copy16(to + place(row, chunk), from[i] >= 0 && k < C ? a + (from[i] + k) : padding, true);
              }
            }
            if (++nextDepth == DEPTHS) {
      """;

  /** With the last step of a tile, each thread for itself. */
  private static final String FETCH_SIDE = """
              unsigned char* const beside = own + STAGES * STAGE + nextSide * BM * BN;
      #pragma unroll
              for (int i = 0; i < GROUPS * PARTS * 2; i++) {
                const int pixel = nextTile * BM + firstRow + i / 2 % PARTS * STRIDE + i % 2 * 8;
                const int channel = firstChannel(i / 2 / PARTS);
                const bool inside = pixel < pixels && channel < channels;
                copy16(beside + (i * 128 + thread) * 16,
                    inside ? side + (long long) pixel * channels + channel : side, inside);
              }
              nextSide = nextSide + 1 == SIDES ? 0 : nextSide + 1;
      """;

  private static final String FETCH_TAIL = """
              nextDepth = 0;
              nextTile += stride;
            }
            nextSlot = nextSlot + 1 == STAGES ? 0 : nextSlot + 1;
          }
          commit();
        };
      #pragma unroll
        for (int step = 0; step < STAGES - 1; step++) fetch();
        await<STAGES - 1>();
        publish();
        __syncthreads();
        int slot = 0, sideSlot = 0;
      """;

  private static final String STEPS = """
      #pragma unroll 1
        for (; tile < tiles; tile += stride) {
          const int m0 = tile * BM;
          // Warpgroups do not read sums before they are written.
          int sum[PARTS][BN / 8][4], rows[PARTS];
      #pragma unroll
          for (int i = 0; i < PARTS; i++) {
            const int row = warp * 16 + i * 64 + lane % 16;
            rows[i] = IS_PADDED ? position(min(m0 + row, pixels - 1)) - position(m0) : row;
          }
      #pragma unroll 1
          for (int step = 0; step < DEPTHS; step++) {
            await<STAGES - 2>();
            meet();
            fetch();
            const unsigned char* const left = own + slot * STAGE;
            const unsigned long long right = operand(memory + step * TAPS * BN * BK);
      #pragma unroll
            for (int tap = 0; tap < TAPS; tap++) {
              unsigned x[PARTS][BK / 32][4];
      #pragma unroll
              for (int i = 0; i < PARTS * BK / 32; i++) {
                const int part = i % (BK / 32), row = rows[i / (BK / 32)] + tap / KW * WIDTH + tap % KW;
                matrices(x[i / (BK / 32)][part], left + place(row, part * 2 + lane / 16));
              }
              arrive();
      #pragma unroll
              for (int i = 0; i < PARTS * BK / 32; i++) {
                multiply(sum[i % PARTS], x[i % PARTS][i / PARTS], right + tap * (BN * BK / 16) + i / PARTS * 2,
                    step + tap > 0 || i >= PARTS);
              }
              submit();
              // The fragments of the last tap may be overwritten.
              finish<1>();
            }
            finish<0>();
            slot = slot + 1 == STAGES ? 0 : slot + 1;
          }
      """;

  private static final String SIDE = """
          Pack<unsigned, RUN / 4> near[GROUPS][PARTS][2];
      #pragma unroll
          for (int i = 0; i < GROUPS * PARTS * 2; i++) {
            near[i / 2 / PARTS][i / 2 % PARTS][i % 2] =
                *(const Pack<unsigned, RUN / 4>*) (own + STAGES * STAGE + sideSlot * BM * BN + (i * 128 + thread) * 16);
          }
          sideSlot = sideSlot + 1 == SIDES ? 0 : sideSlot + 1;
      """;
}
