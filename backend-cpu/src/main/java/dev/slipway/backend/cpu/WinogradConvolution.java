package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * 3 x 3 convolution with stride 1 over NCHW[c] by {@link Winograd}'s algorithms.
 *
 * <p>Tiles are transformed into (m + 2)^2 matrices [tiles][channels], each of which is multiplied with its matrix of
 * weights, and the products are transformed back. So many tiles as the register tile has pixels are a group, and all
 * its values of a block of channels lie together, [group][channels / c][product][tile][c]: a transform then writes to a
 * few pages, for which the processor has translations at hand. A block of groups stays in the second-level cache.
 * With blocks for all threads each is one unit of work; an image of few tiles is one block, whose three phases are
 * split over the threads, so that weights are read once.
 *
 * <p>Padding is zeros in the transforms. Thread-safe: it holds no state of a call.
 */
final class WinogradConvolution {
  /** Bytes that the transformed inputs and products of a block may take, inside a second-level cache. */
  private static final int BLOCK_BYTES = 768 << 10;

  /** Bytes of scratch memory of one strip: half a first-level cache. */
  private static final int STRIP_BYTES = 24 << 10;

  /** Weights that stay in a second-level cache, so that every unit of work may read them. */
  private static final int CACHED_WEIGHT_BYTES = 1 << 20;

  /** Tiles of a thread that are worth splitting into blocks for it. */
  private static final int TILES_PER_THREAD = 16;

  /** Tiles over which a panel of weights is reused at least, where there are so many. */
  private static final int MIN_TILES = 24;

  /** Work units for each thread, so that a delayed thread leaves its units to the others. */
  private static final int UNITS_PER_THREAD = 4;

  private final ConvShape shape;
  private final Winograd algorithm;
  private final int threads;
  private final WinogradTiles tiles;
  private final WinogradSpec spec;
  private final WinogradTransforms transforms;
  private final Optional<EpiloguePass> pass;
  private final Side[] sides = new Side[Epilogue.MAX_SIDES];
  private final boolean clearPadding;
  private final TileShape tile;
  private final PanelKernels groups;
  private final PanelKernels restGroup;
  private final int panels;
  private final SegmentTable segments;
  private final MemorySegment zeros;
  private final int inBlocks;
  private final int outBlocks;

  /**
   * @param tile register tile over tiles of outputs
   * @param threads threads that it will run on
   * @param arena lifetime of this convolution's tables
   */
  WinogradConvolution(
      MicroKernels kernels,
      ConvShape shape,
      Winograd algorithm,
      TileShape tile,
      int threads,
      Epilogue epilogue,
      Arena arena) {
    this.shape = shape;
    this.threads = threads;
    this.algorithm = algorithm;
    this.tile = tile;
    inBlocks = Math.ceilDiv(shape.inChannels(), Memory.LANES);
    outBlocks = BlockedConvolution.outBlocks(shape);
    tiles = new WinogradTiles(shape, algorithm, tilesPerBlock());
    boolean inline = epilogue.inline();
    int products = Math.toIntExact(oddLines((long) tile.pixels() * Memory.VECTOR_BYTES));
    spec =
        new WinogradSpec(
            Memory.SPECIES.vectorBitSize(),
            algorithm,
            Math.min(Math.min(tiles.columns(), tile.pixels()), stripTiles(algorithm)),
            products,
            algorithm.products() * products,
            inline ? epilogue.expression() : Epilogue.NONE.expression());
    transforms = kernels.winograd(spec);
    pass = inline ? Optional.empty() : Optional.of(new EpiloguePass(kernels, epilogue, PointwiseSpec.Motion.VECTOR));
    clearPadding = shape.outChannels() % Memory.LANES != 0 && !epilogue.keepsZero();
    for (int i = 0; i < sides.length; i++) {
      sides[i] = i < epilogue.sides().size() ? epilogue.sides().get(i) : Side.SCALAR;
    }
    TileSpec product =
        new TileSpec(
            Memory.SPECIES.vectorBitSize(),
            tile,
            new TileSpec.Strides(Memory.VECTOR_BYTES, Math.multiplyExact(inBlocks, spec.block()), 0),
            new TileSpec.Strides(Memory.VECTOR_BYTES, Math.multiplyExact(outBlocks, spec.block()), spec.block()),
            Memory.LANES,
            Epilogue.NONE);
    panels = Math.ceilDiv(outBlocks, tile.blocks());
    groups = panelKernels(kernels, product);
    int rest = tiles.count() % tile.pixels();
    int restPixels = rest == 0 ? tile.pixels() : Math.min(tile.pixels(), kernels.remainder(tile, rest).pixels());
    restGroup = panelKernels(kernels, product.withPixels(restPixels));
    segments = segments(arena);
    zeros = arena.allocate(
        Math.max(spec.columns(), tile.blocks()) * (long) Memory.VECTOR_BYTES, Memory.ALIGNMENT);
  }

  /** Kernels for all panels of output channels but the last, and for that one. */
  private record PanelKernels(TileKernel full, TileKernel last) {}

  private PanelKernels panelKernels(MicroKernels kernels, TileSpec product) {
    int lastBlocks = outBlocks - (panels - 1) * tile.blocks();
    return new PanelKernels(kernels.tile(product), kernels.tile(product.withBlocks(lastBlocks)));
  }

  /** Tiles of a convolution with one algorithm. */
  static int tiles(ConvShape shape, Winograd algorithm) {
    return new WinogradTiles(shape, algorithm, 1).count();
  }

  /** What register tiles are to cover: one product over the tiles of a block at least. */
  static TileGrid grid(ConvShape shape, Winograd algorithm, int threads) {
    int count = tiles(shape, algorithm);
    int pixels = splitsTiles(shape, algorithm, threads) ? Math.ceilDiv(count, 2 * threads) : count;
    return new TileGrid(1, pixels, BlockedConvolution.outBlocks(shape), shape.inChannels());
  }

  /** Whether each thread gets blocks of its own, although one block would be enough for the caches. */
  private static boolean splitsTiles(ConvShape shape, Winograd algorithm, int threads) {
    return threads > 1
        && tiles(shape, algorithm) >= threads * TILES_PER_THREAD
        && packedBytes(shape, algorithm) <= CACHED_WEIGHT_BYTES;
  }

  private static int stripTiles(Winograd algorithm) {
    return STRIP_BYTES / (algorithm.inputs() * algorithm.outputs() * Memory.VECTOR_BYTES);
  }

  /** A multiple of the register tile, so that no row is computed twice. */
  private int tilesPerBlock() {
    int fitting = BLOCK_BYTES / (algorithm.products() * (inBlocks + outBlocks) * Memory.VECTOR_BYTES);
    int all = Math.ceilDiv(tiles(shape, algorithm), tile.pixels());
    int most = Math.max(1, Math.max(fitting, MIN_TILES) / tile.pixels());
    int wanted = splitsTiles(shape, algorithm, threads) ? Math.min(all, threads * UNITS_PER_THREAD) : 1;
    int blocks = Math.max(wanted, Math.ceilDiv(all, most));
    return Math.ceilDiv(all, blocks) * tile.pixels();
  }

  /** An odd number of cache lines: strides of powers of two would put all products' lines into a few sets. */
  private static long oddLines(long bytes) {
    long lines = Math.ceilDiv(bytes, Memory.ALIGNMENT);
    return (lines | 1) * Memory.ALIGNMENT;
  }

  /** Bytes of the packed weights: [product][panel][channel][blocks * c]. */
  static long packedBytes(ConvShape shape, Winograd algorithm) {
    return algorithm.products() * productWeightBytes(shape);
  }

  private static long productWeightBytes(ConvShape shape) {
    return (long) shape.inChannels() * BlockedConvolution.outBlocks(shape) * Memory.VECTOR_BYTES;
  }

  /** Transforms and packs weights [outChannels, inChannels, 3, 3]; {@code packed} is zero. */
  static void packWeights(
      ConvShape shape, Winograd algorithm, TileShape tile, MemorySegment weights, MemorySegment packed) {
    double[] filter = new double[Winograd.TAPS * Winograd.TAPS];
    double[] transformed = new double[algorithm.products()];
    int outBlocks = BlockedConvolution.outBlocks(shape);
    long stride = productWeightBytes(shape) / Float.BYTES;
    for (int o = 0; o < shape.outChannels(); o++) {
      int panel = o / Memory.LANES / tile.blocks() * tile.blocks();
      int columns = Math.min(tile.blocks(), outBlocks - panel) * Memory.LANES;
      long start = (long) panel * Memory.LANES * shape.inChannels() + o - panel * Memory.LANES;
      for (int c = 0; c < shape.inChannels(); c++) {
        for (int tap = 0; tap < filter.length; tap++) {
          filter[tap] = weights.getAtIndex(Memory.FLOAT, ((long) o * shape.inChannels() + c) * filter.length + tap);
        }
        algorithm.transformWeights(filter, transformed);
        long to = start + (long) c * columns;
        for (int f = 0; f < transformed.length; f++) {
          packed.setAtIndex(Memory.FLOAT, f * stride + to, (float) transformed[f]);
        }
      }
    }
  }

  /** Bytes of scratch memory. */
  long scratchBytes() {
    return (whole() ? threads : 1) * matrixBytes() + threads * workerBytes();
  }

  /** Whether there are blocks enough to have each computed by one thread. */
  private boolean whole() {
    return threads == 1
        || splitsTiles(shape, algorithm, threads)
        || tiles.blocks() >= threads * UNITS_PER_THREAD;
  }

  private long matrixBytes() {
    return inputBytes() + (long) groupsOfBlock() * outBlocks * spec.block();
  }

  /** Bytes of the transformed inputs of a block of tiles. */
  private long inputBytes() {
    return (long) groupsOfBlock() * inBlocks * spec.block();
  }

  /** Groups of a whole block of tiles. */
  private int groupsOfBlock() {
    return tiles.perBlock() / tile.pixels();
  }

  private long workerBytes() {
    return 2L * algorithm.inputs() * Long.BYTES + Memory.roundUp(spec.scratchBytes(), Memory.ALIGNMENT) + edgeBytes();
  }

  /** The outputs of a tile that goes over the right edge of the image, in all blocks, or a row below it. */
  private long edgeBytes() {
    int m = algorithm.outputs();
    return (long) Math.max(outBlocks * m, spec.tiles()) * m * Memory.VECTOR_BYTES;
  }

  /** Runs on the pool, of as many threads as were said; {@code at.scratch()} has {@link #scratchBytes}. */
  void run(WorkerPool pool, ConvOperands at) {
    if (whole()) {
      long workers = at.scratch() + threads * matrixBytes();
      pool.run(
          tiles.blocks(),
          (block, worker) -> {
            long matrices = at.scratch() + worker * matrixBytes();
            long scratch = workers + worker * workerBytes();
            read(at, block, matrices, 0, inBlocks, scratch);
            multiply(at, block, matrices, 0, algorithm.products());
            write(at, block, matrices, 0, outBlocks, scratch);
          });
      return;
    }
    for (int block = 0; block < tiles.blocks(); block++) {
      runPhases(pool, at, block);
    }
  }

  private void runPhases(WorkerPool pool, ConvOperands at, int block) {
    int units = threads * UNITS_PER_THREAD;
    long matrices = at.scratch();
    long workers = matrices + matrixBytes();
    Chunks in = new Chunks(inBlocks, Math.min(inBlocks, units));
    pool.run(
        in.units(),
        (unit, worker) ->
            read(at, block, matrices, in.from(unit), in.to(unit), workers + worker * workerBytes()));
    Chunks products = new Chunks(algorithm.products(), Math.min(algorithm.products(), units));
    pool.run(
        products.units(),
        (unit, worker) -> multiply(at, block, matrices, products.from(unit), products.to(unit)));
    Chunks out = new Chunks(outBlocks, Math.min(outBlocks, units));
    pool.run(
        out.units(),
        (unit, worker) ->
            write(at, block, matrices, out.from(unit), out.to(unit), workers + worker * workerBytes()));
  }

  /** Transforms the inputs of a block of tiles, of some blocks of channels. */
  private void read(ConvOperands at, int block, long matrices, int from, int to, long scratch) {
    int size = tiles.size(block);
    for (int done = 0; done < size; ) {
      WinogradTiles.Strip strip = strip(block, done, size);
      int top = strip.row() * algorithm.outputs() - shape.padTop();
      int left = strip.column() * algorithm.outputs() - shape.padLeft();
      int columns = strip.tiles() * algorithm.outputs() + Winograd.TAPS - 1;
      int before = Math.clamp(-left, 0, columns);
      int read = Math.clamp(shape.inWidth() - left, before, columns) - before;
      long channels = at.input() + ((long) strip.image() * inBlocks + from) * inPlane();
      inputRows(scratch, channels, top, left + before);
      long vectors = matrices + tileOffset(done, inBlocks, from);
      transforms.input(scratch, before, read, strip.tiles(), vectors, to - from, scratch + tableBytes());
      done += strip.tiles();
    }
  }

  /** The next strip of a block of tiles, which ends with its group. */
  private WinogradTiles.Strip strip(int block, int done, int size) {
    int most = Math.min(spec.tiles(), tile.pixels() - done % tile.pixels());
    return tiles.strip(block * tiles.perBlock() + done, Math.min(most, size - done));
  }

  /** Bytes from the matrices to the first product of a tile. */
  private long tileOffset(int tileOfBlock, int channelBlocks, int channelBlock) {
    long group = tileOfBlock / tile.pixels();
    long inGroup = tileOfBlock % tile.pixels();
    return (group * channelBlocks + channelBlock) * spec.block() + inGroup * Memory.VECTOR_BYTES;
  }

  private void inputRows(long table, long channels, int top, int column) {
    int n = algorithm.inputs();
    for (int i = 0; i < n; i++) {
      int y = top + i;
      boolean inside = y >= 0 && y < shape.inHeight();
      long row = channels + ((long) y * shape.inWidth() + column) * Memory.VECTOR_BYTES;
      setRow(table, n, i, inside ? row : zeros.address(), inside ? inPlane() : 0);
    }
  }

  private static void setRow(long table, int rows, int row, long address, long advance) {
    Memory.setLong(table + (long) row * Long.BYTES, address);
    Memory.setLong(table + (long) (rows + row) * Long.BYTES, advance);
  }

  private long tableBytes() {
    return 2L * algorithm.inputs() * Long.BYTES;
  }

  private void multiply(ConvOperands at, int block, long matrices, int from, int to) {
    int whole = tiles.size(block) / tile.pixels();
    long results = matrices + inputBytes();
    if (whole > 0) {
      multiply(groups, whole, at.weights(), matrices, results, from, to);
    }
    if (tiles.size(block) % tile.pixels() > 0) {
      long group = (long) whole * spec.block();
      multiply(restGroup, 1, at.weights(), matrices + group * inBlocks, results + group * outBlocks, from, to);
    }
  }

  private void multiply(
      PanelKernels kernels, int count, long weights, long matrices, long results, int from, int to) {
    for (int f = from; f < to; f++) {
      long product = (long) f * spec.product();
      for (int panel = 0; panel < panels; panel++) {
        long firstBlock = (long) panel * tile.blocks();
        (panel == panels - 1 ? kernels.last : kernels.full).run(
            matrices + product,
            segments.address(),
            weights + f * productWeightBytes(shape) + firstBlock * shape.inChannels() * Memory.VECTOR_BYTES,
            zeros.address(),
            results + firstBlock * spec.block() + product,
            0,
            0,
            0,
            1,
            count);
      }
    }
  }

  /** Transforms the results of a block of tiles back, of some blocks of channels. */
  private void write(ConvOperands at, int block, long matrices, int from, int to, long scratch) {
    long results = matrices + inputBytes();
    int size = tiles.size(block);
    for (int done = 0; done < size; ) {
      WinogradTiles.Strip strip = strip(block, done, size);
      write(at, strip, results + tileOffset(done, outBlocks, from), from, to, scratch);
      done += strip.tiles();
    }
  }

  private void write(ConvOperands at, WinogradTiles.Strip strip, long results, int from, int to, long scratch) {
    int m = algorithm.outputs();
    int top = strip.row() * m;
    int left = strip.column() * m;
    int rows = Math.min(m, shape.outHeight() - top);
    int columns = Math.min(strip.tiles() * m, shape.outWidth() - left);
    int whole = columns / m;
    long firstRow = ((long) strip.image() * outBlocks + from) * shape.outHeight() + top;
    long offset = firstRow * outRow() + (long) left * Memory.VECTOR_BYTES;
    long bias = at.bias() + (long) from * Memory.VECTOR_BYTES;
    long strips = scratch + tableBytes();
    long edge = strips + Memory.roundUp(spec.scratchBytes(), Memory.ALIGNMENT);
    if (whole > 0) {
      outputRows(scratch, at.output() + offset, rows, edge);
      transforms.output(results, whole, bias, scratch, to - from, strips);
    }
    if (whole < strip.tiles()) {
      for (int k = 0; k < m; k++) {
        long row = edge + (long) k * m * Memory.VECTOR_BYTES;
        setRow(scratch, m, k, row, (long) m * m * Memory.VECTOR_BYTES);
      }
      transforms.output(results + (long) whole * Memory.VECTOR_BYTES, 1, bias, scratch, to - from, strips);
      long target = at.output() + offset + (long) whole * m * Memory.VECTOR_BYTES;
      copyEdge(edge, target, rows, columns - whole * m, to - from);
    }
    finish(at, offset, rows, columns, from, to);
  }

  /** The rows of a strip; those below the image are written to {@code spare}. */
  private void outputRows(long table, long first, int inside, long spare) {
    int m = algorithm.outputs();
    for (int k = 0; k < m; k++) {
      setRow(table, m, k, k < inside ? first + k * outRow() : spare, k < inside ? outPlane() : 0);
    }
  }

  private void copyEdge(long edge, long target, int rows, int columns, int blocks) {
    int m = algorithm.outputs();
    for (int block = 0; block < blocks; block++) {
      for (int k = 0; k < rows; k++) {
        Memory.copy(
            edge + ((long) block * m + k) * m * Memory.VECTOR_BYTES,
            target + block * outPlane() + k * outRow(),
            (long) columns * Memory.VECTOR_BYTES);
      }
    }
  }

  /** The epilogue where it is no part of the transform, and zeros in the channels that the last block has too many. */
  private void finish(ConvOperands at, long offset, int rows, int columns, int from, int to) {
    for (int block = from; block < to && pass.isPresent(); block++) {
      for (int k = 0; k < rows; k++) {
        long out = offset + (block - from) * outPlane() + k * outRow();
        pass.get().run(
            at.output() + out,
            at.side0() + sideOffset(0, block, out),
            at.side1() + sideOffset(1, block, out),
            at.side2() + sideOffset(2, block, out),
            columns * Memory.LANES);
      }
    }
    if (clearPadding && to == outBlocks) {
      for (int k = 0; k < rows; k++) {
        clear(at.output() + offset + (outBlocks - 1 - from) * outPlane() + k * outRow(), columns);
      }
    }
  }

  private long sideOffset(int side, int block, long outputOffset) {
    return switch (sides[side]) {
      case FULL -> outputOffset;
      case CHANNEL -> (long) block * Memory.VECTOR_BYTES;
      case SCALAR -> 0;
    };
  }

  private void clear(long row, int columns) {
    int valid = shape.outChannels() % Memory.LANES;
    for (int x = 0; x < columns; x++) {
      long pixel = row + (long) x * Memory.VECTOR_BYTES;
      Memory.clear(pixel + (long) valid * Float.BYTES, (long) (Memory.LANES - valid) * Float.BYTES);
    }
  }

  private SegmentTable segments(Arena arena) {
    SegmentTable table = new SegmentTable(inBlocks, arena);
    for (int block = 0; block < inBlocks; block++) {
      table.add((long) block * spec.block(), Math.min(Memory.LANES, shape.inChannels() - block * Memory.LANES));
    }
    return table;
  }

  private long inPlane() {
    return (long) shape.inHeight() * shape.inWidth() * Memory.VECTOR_BYTES;
  }

  private long outRow() {
    return (long) shape.outWidth() * Memory.VECTOR_BYTES;
  }

  private long outPlane() {
    return shape.outHeight() * outRow();
  }
}
