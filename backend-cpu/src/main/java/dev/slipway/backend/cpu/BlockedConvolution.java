package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Direct convolution into NCHW[c], from NCHW[c] or (for a first layer with its few channels) from plain NCHW.
 *
 * <p>A padded input is copied, a band of rows at a time, into a worker's scratch memory with its zero border, so that
 * the kernel sees no edge: beside the arithmetic of a convolution the copy is nothing, and the band stays in the
 * second-level cache while all output channels read it. Thread-safe: it holds no state of a call.
 */
final class BlockedConvolution {
  /** Layout of the input. */
  enum Input {
    /** NCHW[c]. */
    BLOCKED,
    /** NCHW. */
    PLAIN
  }

  private static final double NANOS_PER_FMA = 1.0 / 70;

  /** The same from a plain input. */
  private static final double NANOS_PER_PLAIN_FMA = 1.0 / 35;

  /** Rows of output that are worth reading the rows of input above and below them twice, for each of these. */
  private static final int ROWS_PER_SHARED_ROW = 3;

  /** Bytes of an image's results that are in a near cache when they are written. */
  private static final long NEAR_RESULTS = 256 << 10;

  /** Steps of a tile in which results arrive that are fetched when it starts. */
  private static final int ARRIVAL_STEPS = 64;

  private final ConvShape shape;
  private final Input layout;
  private final TileShape tile;
  private final TiledProduct product;
  private final MatrixMoves moves;
  private final Epilogue epilogue;
  private final boolean clearPadding;
  private final int rows;
  private final int pixelBytes;
  private final int inBlocks;
  private final int outBlocks;
  private final int bands;
  private final ImageUnits units;

  /**
   * @param layout of the input
   * @param tile of at most as many pixels as {@link #pixelsPerRow} says
   * @param threads of the pool that it runs on
   * @param arena lifetime of this convolution's tables
   */
  BlockedConvolution(
      MicroKernels kernels,
      ConvShape shape,
      Input layout,
      TileShape tile,
      int threads,
      Epilogue epilogue,
      Arena arena) {
    if (shape.groups() != 1) {
      throw new IllegalArgumentException("groups: " + shape.groups() + " (expected: 1)");
    }
    this.shape = shape;
    this.layout = layout;
    this.tile = tile;
    this.epilogue = epilogue;
    moves = kernels.moves();
    boolean blocked = layout == Input.BLOCKED;
    rows = shape.pointwise() ? 1 : shape.outHeight();
    pixelBytes = blocked ? Memory.VECTOR_BYTES : Float.BYTES;
    inBlocks = blocked ? Math.ceilDiv(shape.inChannels(), Memory.LANES) : shape.inChannels();
    outBlocks = outBlocks(shape);
    int firstParts = streams() ? 1 : ImageUnits.firstParts((long) shape.outHeight() * shape.outWidth(), threads);
    int wanted = wantedUnits(threads);
    bands = bands(firstParts > 1 ? Math.ceilDiv(wanted, shape.batch()) : 1, threads);
    clearPadding = shape.outChannels() % Memory.LANES != 0 && !epilogue.keepsZero();
    TileSpec spec =
        new TileSpec(
            Memory.SPECIES.vectorBitSize(),
            tile,
            new TileSpec.Strides(shape.strideWidth() * pixelBytes, Math.toIntExact(inRowBytes()), 0),
            new TileSpec.Strides(
                Memory.VECTOR_BYTES, Math.toIntExact(outRowBytes()), Math.toIntExact(planeBytes())),
            Memory.LANES,
            epilogue);
    product =
        new TiledProduct(
            kernels,
            fetchesResults() ? spec.withFetchedResults() : spec,
            rows,
            pixelsPerRow(shape),
            outBlocks,
            TiledProduct.Arrangement.BLOCKS,
            segments(arena));
    int leastParts = rows == 1 ? Math.clamp(pixelChunks(), 1, product.tiles()) : bands;
    int mostParts = rows == 1 ? product.tiles() : bands;
    units = ImageUnits.of(shape.batch(), firstParts, wanted, leastParts, mostParts, product.panels());
  }

  /** Whether planes are so small that kernels have the distances between them as constants. */
  static boolean fits(ConvShape shape) {
    long pixels = (long) shape.outHeight() * shape.outWidth();
    long inRow = (long) shape.strideHeight() * (shape.inWidth() + shape.padLeft() + shape.padRight());
    return Math.max(pixels, inRow) * Memory.VECTOR_BYTES <= Integer.MAX_VALUE;
  }

  /** What its tiles cover. */
  static TileGrid grid(ConvShape shape) {
    int steps = shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    return new TileGrid(shape.pointwise() ? 1 : shape.outHeight(), pixelsPerRow(shape), outBlocks(shape), steps);
  }

  /** Neighbouring pixels that a tile may span: a row of output, or the whole image of a 1x1 convolution. */
  static int pixelsPerRow(ConvShape shape) {
    return shape.pointwise() ? shape.outHeight() * shape.outWidth() : shape.outWidth();
  }

  /** Blocks of output channels. */
  static int outBlocks(ConvShape shape) {
    return Math.ceilDiv(shape.outChannels(), Memory.LANES);
  }

  /** Bytes of the packed {@link ConvWeights}. */
  static long packedBytes(ConvShape shape) {
    long steps = (long) shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    return steps * outBlocks(shape) * Memory.VECTOR_BYTES;
  }

  /** Bytes of a bias padded to whole blocks. */
  static long biasBytes(ConvShape shape) {
    return (long) outBlocks(shape) * Memory.VECTOR_BYTES;
  }

  /** Bytes of scratch memory that each thread needs. */
  long scratchBytes() {
    if (!shape.padded()) {
      return 0;
    }
    return Memory.roundUp((long) inBlocks * bandInRows() * paddedWidth() * pixelBytes, Memory.ALIGNMENT);
  }

  /** Runs on the pool; {@code at.scratch()} has {@link #scratchBytes} for each of its threads. */
  void run(WorkerPool pool, ConvOperands at) {
    pool.run(units.count(), (unit, worker) -> run(at, unit, worker));
  }

  /** Runs on this thread; {@code at.scratch()} has {@link #scratchBytes}. */
  void runAlone(ConvOperands at) {
    for (int unit = 0; unit < units.count(); unit++) {
      run(at, unit, 0);
    }
  }

  private void run(ConvOperands at, int unit, int worker) {
    ConvOperands image = image(at, units.image(unit), worker);
    int panelFrom = units.firstChannel(unit, product.panels());
    int panelTo = units.endChannel(unit, product.panels());
    int tiles = product.tiles();
    if (rows == 1) {
      band(image, 0, panelFrom, panelTo, units.firstPixel(unit, tiles), units.endPixel(unit, tiles));
    } else {
      band(image, units.part(unit), panelFrom, panelTo, 0, tiles);
    }
  }

  private boolean fetchesResults() {
    int steps = shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    return steps >= ARRIVAL_STEPS && outBlocks * planeBytes() > NEAR_RESULTS;
  }

  private int wantedUnits(int threads) {
    double steps = (double) shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    double fmas = steps * outBlocks * Memory.LANES * shape.batch() * shape.outHeight() * shape.outWidth();
    return Chunks.wanted(fmas * (layout == Input.PLAIN ? NANOS_PER_PLAIN_FMA : NANOS_PER_FMA), threads);
  }

  /** The operands of one image and thread. */
  private ConvOperands image(ConvOperands at, int n, int worker) {
    long output = n * outBlocks * planeBytes();
    return new ConvOperands(
        at.input() + n * (long) inBlocks * shape.inHeight() * shape.inWidth() * pixelBytes,
        at.weights(),
        at.bias(),
        at.side0() + epilogue.sideOffset(0, 0, output),
        at.side1() + epilogue.sideOffset(1, 0, output),
        at.side2() + epilogue.sideOffset(2, 0, output),
        at.output() + output,
        at.scratch() + worker * scratchBytes());
  }

  private void band(ConvOperands image, int band, int panelFrom, int panelTo, int tileFrom, int tileTo) {
    int row = firstRow(band);
    int rowTo = firstRow(band + 1);
    long input = image.input() + (long) row * shape.strideHeight() * shape.inWidth() * pixelBytes;
    if (shape.padded()) {
      pad(image.input(), image.scratch(), row * shape.strideHeight() - shape.padTop(), inputRows(rowTo - row));
      input = image.scratch();
    }
    TiledProduct.Operands operands =
        new TiledProduct.Operands(
            input, image.weights(), image.bias(), image.side0(), image.side1(), image.side2(), image.output());
    for (int panel = panelFrom; panel < panelTo; panel++) {
      product.rows(operands, 0, row * outRowBytes(), panel, rowTo - row, tileFrom, tileTo);
    }
    if (clearPadding && panelTo == product.panels()) {
      clear(image.output(), row, rowTo, tileFrom, tileTo);
    }
  }

  /** Clears the channels that the last block has too many, of the pixels that a unit computed. */
  private void clear(long output, int rowFrom, int rowTo, int tileFrom, int tileTo) {
    int from = product.pixel(tileFrom);
    int to = product.pixel(tileTo);
    long plane = output + (outBlocks - 1) * planeBytes();
    for (int y = rowFrom; y < rowTo; y++) {
      for (int x = from; x < to; x++) {
        long pixel = plane + ((long) y * shape.outWidth() + x) * Memory.VECTOR_BYTES;
        for (int lane = shape.outChannels() % Memory.LANES; lane < Memory.LANES; lane++) {
          Memory.set(pixel + (long) lane * Float.BYTES, 0);
        }
      }
    }
  }

  /** Copies input rows, from row {@code first} of the image, with their zero border; each block to its own place. */
  private void pad(long image, long scratch, int first, int count) {
    long inRow = (long) shape.inWidth() * pixelBytes;
    long row = (long) paddedWidth() * pixelBytes;
    int from = Math.clamp(first, 0, shape.inHeight());
    int to = Math.clamp(first + count, from, shape.inHeight());
    int floats = shape.inWidth() * pixelBytes / Float.BYTES;
    for (int block = 0; block < inBlocks; block++) {
      long plane = image + block * shape.inHeight() * inRow;
      long target = scratch + block * bandInRows() * row;
      if (from == to) {
        Memory.clear(target, count * row);
        continue;
      }
      long inside = target + (from - first) * row;
      clearBorder(target, inside, to - from, count - (to - first));
      moves.copy(plane + from * inRow, inRow, inside + (long) shape.padLeft() * pixelBytes, row, to - from, floats);
    }
  }

  /** Zeros above some rows, between them, where the right end of one meets the left of the next, and below. */
  private void clearBorder(long target, long inside, int rows, int below) {
    long row = (long) paddedWidth() * pixelBytes;
    long left = (long) shape.padLeft() * pixelBytes;
    long right = (long) shape.padRight() * pixelBytes;
    Memory.clear(target, inside - target + left);
    long between = inside + row - right;
    for (int i = 1; i < rows; i++, between += row) {
      Memory.clear(between, right + left);
    }
    Memory.clear(between, right + below * row);
  }

  private SegmentTable segments(Arena arena) {
    boolean rowRuns = layout == Input.PLAIN && shape.dilationWidth() == 1;
    int height = shape.padded() ? bandInRows() : shape.inHeight();
    long row = (long) paddedWidth() * pixelBytes;
    int count = inBlocks * shape.kernelHeight() * (rowRuns ? 1 : shape.kernelWidth());
    SegmentTable table = new SegmentTable(count, arena);
    for (int block = 0; block < inBlocks; block++) {
      int lanes = layout == Input.PLAIN ? 1 : Math.min(Memory.LANES, shape.inChannels() - block * Memory.LANES);
      for (int kh = 0; kh < shape.kernelHeight(); kh++) {
        long offset = (block * (long) height + (long) kh * shape.dilationHeight()) * row;
        if (rowRuns) {
          table.add(offset, shape.kernelWidth());
          continue;
        }
        for (int kw = 0; kw < shape.kernelWidth(); kw++) {
          table.add(offset + (long) kw * shape.dilationWidth() * pixelBytes, lanes);
        }
      }
    }
    return table;
  }

  private int pixelChunks() {
    int pixelsInBand = Math.max(tile.pixels(), bandBytes() / (inBlocks * pixelBytes));
    return Math.ceilDiv(pixelsPerRow(shape), pixelsInBand);
  }

  private int bands(int wanted, int threads) {
    if (rows == 1) {
      return 1;
    }
    int inputRow = inBlocks * paddedWidth() * pixelBytes;
    int fitting = Math.max(1, (bandBytes() / inputRow - kernelRows()) / shape.strideHeight() + 1);
    int sharedRows = Math.max(0, kernelRows() - shape.strideHeight());
    int worthwhile = rows / Math.max(1, ROWS_PER_SHARED_ROW * sharedRows / shape.strideHeight());
    int rounded = Math.max(threads, worthwhile - worthwhile % threads);
    return Math.clamp(Math.max(Math.min(wanted, rounded), Math.ceilDiv(rows, fitting)), 1, tileRows());
  }

  /** Rows of register tiles. */
  private int tileRows() {
    return Math.ceilDiv(rows, tile.rows());
  }

  /** The first row of output of a band. */
  private int firstRow(int band) {
    return Math.min(rows, (int) ((long) tileRows() * band / bands) * tile.rows());
  }

  private boolean streams() {
    return TiledProduct.streams(packedBytes(shape));
  }

  private int bandBytes() {
    return TiledProduct.chunkBytes(packedBytes(shape));
  }

  private int kernelRows() {
    return shape.dilationHeight() * (shape.kernelHeight() - 1) + 1;
  }

  /** Rows of input that the largest band reads. */
  private int bandInRows() {
    return inputRows(Math.ceilDiv(tileRows(), bands) * tile.rows());
  }

  /** Rows of input that some rows of output read. */
  private int inputRows(int outRows) {
    return (outRows - 1) * shape.strideHeight() + kernelRows();
  }

  private int paddedWidth() {
    return shape.inWidth() + shape.padLeft() + shape.padRight();
  }

  /** Bytes between the inputs of two rows of output. */
  private long inRowBytes() {
    return (long) shape.strideHeight() * paddedWidth() * pixelBytes;
  }

  private long outRowBytes() {
    return (long) shape.outWidth() * Memory.VECTOR_BYTES;
  }

  /** Bytes between two blocks of the output. */
  private long planeBytes() {
    return (long) shape.outHeight() * shape.outWidth() * Memory.VECTOR_BYTES;
  }
}
