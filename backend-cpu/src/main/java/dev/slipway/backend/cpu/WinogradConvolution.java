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
 * few pages, for which the processor has translations at hand. The transformed inputs of a block of groups stay in the
 * second-level cache while one panel of output channels after the other is multiplied and transformed back, so that
 * each weight is read once for a block. With blocks for all threads each is one unit of work; a single block is split
 * over the threads.
 *
 * <p>Padding is zeros in the transforms. Thread-safe: it holds no state of a call.
 */
final class WinogradConvolution {
  /** Bytes of scratch memory of one strip: half a first-level cache. */
  private static final int STRIP_BYTES = 24 << 10;

  private final ConvShape shape;
  private final Winograd algorithm;
  private final WinogradBlocking blocking;
  private final WinogradTiles tiles;
  private final WinogradWeights weights;
  private final WinogradSpec spec;
  private final WinogradTransforms transforms;
  private final Optional<EpiloguePass> pass;
  private final Epilogue epilogue;
  private final boolean clearPadding;
  private final TileShape tile;
  private final PanelKernels groups;
  private final PanelKernels restGroup;
  private final SegmentTable segments;
  private final MemorySegment zeros;
  private final int inBlocks;
  private final int outBlocks;

  /**
   * @param arena lifetime of this convolution's tables
   */
  WinogradConvolution(MicroKernels kernels, WinogradBlocking blocking, Epilogue epilogue, Arena arena) {
    this.blocking = blocking;
    this.epilogue = epilogue;
    shape = blocking.shape();
    algorithm = blocking.algorithm();
    tile = blocking.tile();
    inBlocks = Math.ceilDiv(shape.inChannels(), Memory.LANES);
    outBlocks = BlockedConvolution.outBlocks(shape);
    tiles = blocking.tiles();
    weights = new WinogradWeights(shape, algorithm, tile.blocks());
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
    int wholeGroups = Math.min(tiles.perBlock(), tiles.count()) / tile.pixels();
    groups = panelKernels(kernels, product(blocking.streams() ? wholeGroups : 0));
    int rest = tiles.count() % tile.pixels();
    int restPixels = rest == 0 ? tile.pixels() : Math.min(tile.pixels(), kernels.remainder(tile, rest).pixels());
    restGroup = panelKernels(kernels, product(blocking.streams() && wholeGroups == 0 ? 1 : 0).withPixels(restPixels));
    segments = segments(arena);
    zeros = arena.allocate(
        Math.max(spec.columns(), tile.blocks()) * (long) Memory.VECTOR_BYTES, Memory.ALIGNMENT);
  }

  /** The product of a group and a panel. */
  private TileSpec product(int fetchedAhead) {
    TileSpec product = new TileSpec(
        Memory.SPECIES.vectorBitSize(),
        tile,
        new TileSpec.Strides(Memory.VECTOR_BYTES, Math.multiplyExact(inBlocks, spec.block()), 0),
        new TileSpec.Strides(Memory.VECTOR_BYTES, Math.multiplyExact(tile.blocks(), spec.block()), spec.block()),
        Memory.LANES,
        Epilogue.NONE);
    return product.withFetchedAhead(fetchedAhead);
  }

  /** Kernels for all panels of output channels but the last, and for that one. */
  private record PanelKernels(TileKernel full, TileKernel last) {}

  private PanelKernels panelKernels(MicroKernels kernels, TileSpec product) {
    int lastBlocks = weights.blocks(weights.panels() - 1);
    return new PanelKernels(kernels.tile(product), kernels.tile(product.withBlocks(lastBlocks)));
  }

  private static int stripTiles(Winograd algorithm) {
    return STRIP_BYTES / (algorithm.inputs() * algorithm.outputs() * Memory.VECTOR_BYTES);
  }

  /** An odd number of cache lines: strides of powers of two would put all products' lines into a few sets. */
  private static long oddLines(long bytes) {
    long lines = Math.ceilDiv(bytes, Memory.ALIGNMENT);
    return (lines | 1) * Memory.ALIGNMENT;
  }

  /** Bytes of scratch memory. */
  long scratchBytes() {
    return (blocking.whole() ? blocking.threads() : 1) * inputBytes() + blocking.threads() * workerBytes();
  }

  /** Bytes of the transformed inputs of a block of tiles. */
  private long inputBytes() {
    return (long) groupsOfBlock() * inBlocks * spec.block();
  }

  /** Bytes of the products of a block of tiles and a panel. */
  private long productBytes() {
    return (long) groupsOfBlock() * tile.blocks() * spec.block();
  }

  /** Groups of a whole block of tiles. */
  private int groupsOfBlock() {
    return tiles.perBlock() / tile.pixels();
  }

  private long workerBytes() {
    return tableBytes() + Memory.roundUp(spec.scratchBytes(), Memory.ALIGNMENT) + edgeBytes() + productBytes();
  }

  private long tableBytes() {
    return Memory.roundUp(2L * algorithm.inputs() * Long.BYTES, Memory.ALIGNMENT);
  }

  /** The outputs of a tile that goes over the right edge of the image, of a panel, or a row below it. */
  private long edgeBytes() {
    int m = algorithm.outputs();
    return (long) Math.max(tile.blocks() * m, spec.tiles()) * m * Memory.VECTOR_BYTES;
  }

  /** Runs on the pool, of as many threads as were said; {@code at.scratch()} has {@link #scratchBytes}. */
  void run(WorkerPool pool, ConvOperands at) {
    if (!blocking.whole()) {
      for (int block = 0; block < tiles.blocks(); block++) {
        runShared(pool, at, block);
      }
      return;
    }
    long workers = at.scratch() + blocking.threads() * inputBytes();
    pool.run(
        tiles.blocks(),
        (block, worker) -> {
          long inputs = at.scratch() + worker * inputBytes();
          long scratch = workers + worker * workerBytes();
          read(at, block, inputs, 0, inBlocks, scratch);
          for (int panel = 0; panel < weights.panels(); panel++) {
            panel(at, block, inputs, panel, new Chunks(groups(block), 1), 0, scratch);
          }
        });
  }

  private void runShared(WorkerPool pool, ConvOperands at, int block) {
    long workers = at.scratch() + inputBytes();
    Chunks in = new Chunks(inBlocks, Math.min(inBlocks, blocking.threads() * WinogradBlocking.UNITS_PER_THREAD));
    pool.run(
        in.units(),
        (unit, worker) ->
            read(at, block, at.scratch(), in.from(unit), in.to(unit), workers + worker * workerBytes()));
    Chunks parts = new Chunks(groups(block), Math.min(groups(block), blocking.parts()));
    pool.run(
        weights.panels() * parts.units(),
        (unit, worker) ->
            panel(
                at,
                block,
                at.scratch(),
                unit / parts.units(),
                parts,
                unit % parts.units(),
                workers + worker * workerBytes()));
  }

  /** Groups of a block; the last one may have fewer tiles. */
  private int groups(int block) {
    return Math.ceilDiv(tiles.size(block), tile.pixels());
  }

  /** Transforms the inputs of a block of tiles, of some blocks of channels. */
  private void read(ConvOperands at, int block, long inputs, int from, int to, long scratch) {
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
      long vectors = inputs + tileOffset(done, inBlocks) + (long) from * spec.block();
      transforms.input(scratch, before, read, strip.tiles(), vectors, to - from, scratch + tableBytes());
      done += strip.tiles();
    }
  }

  /** The next strip of a block of tiles, which ends with its group. */
  private WinogradTiles.Strip strip(int block, int done, int end) {
    int most = Math.min(spec.tiles(), tile.pixels() - done % tile.pixels());
    return tiles.strip(block * tiles.perBlock() + done, Math.min(most, end - done));
  }

  /** Bytes to the first product of a tile where groups have so many blocks of channels. */
  private long tileOffset(int tileOfBlock, int channelBlocks) {
    long group = tileOfBlock / tile.pixels();
    long inGroup = tileOfBlock % tile.pixels();
    return group * channelBlocks * spec.block() + inGroup * Memory.VECTOR_BYTES;
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

  /** Multiplies a part of a block's groups with a panel of weights and transforms the products back. */
  private void panel(ConvOperands at, int block, long inputs, int panel, Chunks parts, int part, long scratch) {
    int from = parts.from(part) * tile.pixels();
    int to = Math.min(parts.to(part) * tile.pixels(), tiles.size(block));
    long products = scratch + workerBytes() - productBytes();
    multiply(at, inputs + tileOffset(from, inBlocks), products, panel, to - from);
    for (int done = from; done < to; ) {
      WinogradTiles.Strip strip = strip(block, done, to);
      write(at, strip, products + tileOffset(done - from, tile.blocks()), panel, scratch);
      done += strip.tiles();
    }
  }

  private void multiply(ConvOperands at, long inputs, long products, int panel, int count) {
    int whole = count / tile.pixels();
    long restInputs = inputs + (long) whole * inBlocks * spec.block();
    long restProducts = products + (long) whole * tile.blocks() * spec.block();
    long from = at.weights() + weights.offset(panel);
    for (int f = 0; f < algorithm.products(); f++, from += weights.productBytes(panel)) {
      long product = (long) f * spec.product();
      if (whole > 0) {
        multiply(groups, panel, inputs + product, from, products + product, whole);
      }
      if (whole * tile.pixels() < count) {
        multiply(restGroup, panel, restInputs + product, from, restProducts + product, 1);
      }
    }
  }

  private void multiply(PanelKernels kernels, int panel, long inputs, long from, long products, int count) {
    TileKernel kernel = panel == weights.panels() - 1 ? kernels.last : kernels.full;
    kernel.run(inputs, segments.address(), from, zeros.address(), products, 0, 0, 0, 1, count);
  }

  /** Transforms the products of a strip and a panel back. */
  private void write(ConvOperands at, WinogradTiles.Strip strip, long products, int panel, long scratch) {
    int m = algorithm.outputs();
    int first = weights.firstBlock(panel);
    int blocks = weights.blocks(panel);
    int top = strip.row() * m;
    int left = strip.column() * m;
    int rows = Math.min(m, shape.outHeight() - top);
    int columns = Math.min(strip.tiles() * m, shape.outWidth() - left);
    int whole = columns / m;
    long firstRow = ((long) strip.image() * outBlocks + first) * shape.outHeight() + top;
    long offset = firstRow * outRow() + (long) left * Memory.VECTOR_BYTES;
    long bias = at.bias() + (long) first * Memory.VECTOR_BYTES;
    long strips = scratch + tableBytes();
    long edge = strips + Memory.roundUp(spec.scratchBytes(), Memory.ALIGNMENT);
    if (whole > 0) {
      outputRows(scratch, at.output() + offset, rows, edge);
      transforms.output(products, whole, bias, scratch, blocks, strips);
    }
    if (whole < strip.tiles()) {
      for (int k = 0; k < m; k++) {
        long row = edge + (long) k * m * Memory.VECTOR_BYTES;
        setRow(scratch, m, k, row, (long) m * m * Memory.VECTOR_BYTES);
      }
      transforms.output(products + (long) whole * Memory.VECTOR_BYTES, 1, bias, scratch, blocks, strips);
      long target = at.output() + offset + (long) whole * m * Memory.VECTOR_BYTES;
      copyEdge(edge, target, rows, columns - whole * m, blocks);
    }
    finish(at, offset, rows, columns, first, first + blocks);
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
        long row = edge + ((long) block * m + k) * m * Memory.VECTOR_BYTES;
        // Vectors are slower by far until they are compiled: 40 ms in the first run of a process.
        MemorySegment.copy(
            Memory.ALL,
            row,
            Memory.ALL,
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
            at.side0() + epilogue.sideOffset(0, (long) block * Memory.VECTOR_BYTES, out),
            at.side1() + epilogue.sideOffset(1, (long) block * Memory.VECTOR_BYTES, out),
            at.side2() + epilogue.sideOffset(2, (long) block * Memory.VECTOR_BYTES, out),
            columns * Memory.LANES);
      }
    }
    if (clearPadding && to == outBlocks) {
      for (int k = 0; k < rows; k++) {
        clear(at.output() + offset + (outBlocks - 1 - from) * outPlane() + k * outRow(), columns);
      }
    }
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
