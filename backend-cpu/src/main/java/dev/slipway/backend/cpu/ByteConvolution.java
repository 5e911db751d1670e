package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Direct convolution of {@link ChannelBytes}.
 *
 * <p>A padded input is copied, a band of rows at a time, into a worker's scratch memory with a border of zero points,
 * so that the kernel sees no edge. Thread-safe: it holds no state of a call.
 */
final class ByteConvolution implements ByteImageProduct {
  private static final int BLOCK = ChannelBytes.BLOCK;

  /** Bytes of input that stay in a second-level cache beside weights. */
  private static final int BAND_BYTES = 256 << 10;

  /** Rows of output that are worth reading the rows of input above and below them twice, for each of these. */
  private static final int ROWS_PER_SHARED_ROW = 3;

  /** Of each of the groups. */
  private final ConvShape shape;
  private final int groups;
  private final PaddedRows padded;
  private final ByteProduct product;
  private final ByteTileSpec spec;
  private final ChannelBytes output;
  private final boolean clears;
  private final int rows;
  private final int inBlocks;
  private final ImageUnits units;
  private final long weightBytes;

  /**
   * The addresses of one call.
   *
   * @param beside corrections of all pixels, or the side
   * @param zeroPoint what the padding holds
   */
  record Operands(
      long input,
      long weights,
      long parameters,
      long constants,
      long beside,
      long output,
      long scratch,
      int zeroPoint) {}

  /**
   * @param tile of at most as many pixels as {@link #pixelsPerRow} says
   * @param range of results that become bytes; empty where they stay floats
   * @param clears whether channels that the last block has too many must be cleared
   * @param threads of the pool that it runs on
   * @param arena lifetime of this convolution's tables
   */
  ByteConvolution(
      ByteKernels kernels,
      int batch,
      MergedGroups merged,
      TileShape tile,
      int threads,
      Optional<ByteRange> range,
      boolean clears,
      boolean corrected,
      ByteEpilogue epilogue,
      Arena arena) {
    shape = merged.images(batch);
    groups = merged.count();
    padded = new PaddedRows(shape);
    this.clears = clears && shape.outChannels() % BLOCK != 0;
    rows = shape.pointwise() ? 1 : shape.outHeight();
    inBlocks = Math.ceilDiv(shape.inChannels(), BLOCK);
    int elementBytes = range.isPresent() ? 1 : Float.BYTES;
    output = new ChannelBytes(
        shape.batch(), shape.outChannels(), shape.outHeight() * shape.outWidth(), elementBytes);
    ByteWeights weights = kernels.weights(shape.outChannels(), tile.blocks());
    weightBytes = weights.bytes(steps(shape));
    units = units(threads, kernels.micros(grid(shape), epilogue) * shape.batch(), tile.pixels(), weights.panels());
    int pixel = BLOCK * elementBytes;
    spec = new ByteTileSpec(
        ByteTileSpec.Sums.DENSE,
        tile.pixels(),
        tile.blocks(),
        inputStep(shape),
        shape.strideWidth() * BLOCK,
        Math.multiplyExact(shape.strideHeight() * padded.width(), BLOCK),
        pixel,
        shape.outWidth() * pixel,
        Math.multiplyExact(output.spatial(), pixel),
        range,
        corrected ? ByteTileSpec.PerPixel.CORRECTION : ByteTileSpec.PerPixel.NONE,
        epilogue,
        0,
        0);
    product = new ByteProduct(
        kernels, spec, rows, pixelsPerRow(shape), weights, segments(arena));
  }

  private ImageUnits units(int threads, double micros, int tilePixels, int panels) {
    int wanted = Chunks.wanted(micros * 1e3, threads);
    int firstParts = ImageUnits.firstParts(output.spatial(), threads);
    if (rows == 1) {
      int tiles = Math.max(1, pixelsPerRow(shape) / tilePixels);
      int pixelsInBand = Math.max(tilePixels, BAND_BYTES / (inBlocks * BLOCK));
      int leastParts = Math.clamp(Math.ceilDiv(pixelsPerRow(shape), pixelsInBand), 1, tiles);
      return ImageUnits.of(shape.batch(), firstParts, wanted, leastParts, tiles, panels);
    }
    int inputRow = inBlocks * padded.width() * BLOCK;
    int fitting = Math.max(1, (BAND_BYTES / inputRow - padded.windowRows()) / shape.strideHeight() + 1);
    int leastParts = Math.ceilDiv(rows, fitting);
    int sharedRows = Math.max(0, padded.windowRows() - shape.strideHeight());
    int worthwhile = rows / Math.max(1, ROWS_PER_SHARED_ROW * sharedRows / shape.strideHeight());
    int mostParts = Math.clamp(Math.max(threads, worthwhile - worthwhile % threads), leastParts, rows);
    return ImageUnits.of(shape.batch(), firstParts, wanted, leastParts, mostParts, panels);
  }

  /** Whether planes are so small that kernels have the distances between them as constants. */
  static boolean fits(ConvShape shape) {
    long out = (long) shape.outHeight() * shape.outWidth();
    long in = (long) shape.inHeight() * (shape.inWidth() + shape.padLeft() + shape.padRight());
    return Math.max(out, in) * BLOCK * Float.BYTES <= Integer.MAX_VALUE;
  }

  /** What its tiles cover. */
  static TileGrid grid(ConvShape shape) {
    return new TileGrid(
        shape.pointwise() ? 1 : shape.outHeight(),
        pixelsPerRow(shape),
        Math.ceilDiv(shape.outChannels(), BLOCK),
        steps(shape));
  }

  static int pixelsPerRow(ConvShape shape) {
    return shape.pointwise() ? shape.outHeight() * shape.outWidth() : shape.outWidth();
  }

  /** Steps of four channels under all taps. */
  static int steps(ConvShape shape) {
    int full = shape.inChannels() / BLOCK * (BLOCK / ByteWeights.STEP);
    int last = Math.ceilDiv(shape.inChannels() % BLOCK, ByteWeights.STEP);
    return (full + last) * shape.kernelHeight() * shape.kernelWidth();
  }

  /** Packs weights [outChannels, inChannels / groups, kernelHeight, kernelWidth], group by group. */
  static void packWeights(MergedGroups merged, ByteWeights format, MemorySegment weights, MemorySegment to) {
    long bytes = format.bytes(steps(merged.shape()));
    for (int group = 0; group < merged.count(); group++) {
      packWeights(merged, group, format, weights, to.asSlice(group * bytes, bytes));
    }
  }

  /** Packs the weights of a group in the order of the segments. */
  private static void packWeights(
      MergedGroups merged, int group, ByteWeights format, MemorySegment weights, MemorySegment to) {
    ConvShape shape = merged.shape();
    int taps = shape.kernelHeight() * shape.kernelWidth();
    int stepsOfBlock = BLOCK / ByteWeights.STEP;
    int full = shape.inChannels() / BLOCK * stepsOfBlock * taps;
    int stepsOfLast = Math.max(1, Math.ceilDiv(shape.inChannels() % BLOCK, ByteWeights.STEP));
    format.pack(steps(shape), (channel, step, place) -> {
      boolean last = step >= full;
      int ofBlock = last ? stepsOfLast : stepsOfBlock;
      int block = last ? shape.inChannels() / BLOCK : step / (stepsOfBlock * taps);
      int within = last ? step - full : step % (stepsOfBlock * taps);
      int tap = within / ofBlock;
      int c = block * BLOCK + within % ofBlock * ByteWeights.STEP + place;
      long kernel = c < shape.inChannels() ? merged.kernel(group, channel, c) : -1;
      return kernel < 0 ? 0 : weights.get(AddressSpace.BYTE, kernel * taps + tap);
    }, to);
  }

  @Override
  public long scratchBytes() {
    return shape.padded()
        ? AddressSpace.roundUp(inBlocks * padded.bytes(bandRows()), AddressSpace.ALIGNMENT)
        : 0;
  }

  @Override
  public void run(WorkerPool pool, Operands at) {
    pool.run(units.count(), (unit, worker) -> {
      Operands image = image(at, units.image(unit), worker);
      int panelFrom = units.firstChannel(unit, product.panels());
      int panelTo = units.endChannel(unit, product.panels());
      int tiles = product.tiles();
      if (rows == 1) {
        band(image, 0, 1, panelFrom, panelTo, units.firstPixel(unit, tiles), units.endPixel(unit, tiles));
      } else {
        band(image, units.firstPixel(unit, rows), units.endPixel(unit, rows), panelFrom, panelTo, 0, tiles);
      }
    });
  }

  /** The operands of one image and thread. */
  private Operands image(Operands at, int n, int worker) {
    return new Operands(
        at.input() + (long) n * inBlocks * shape.inHeight() * shape.inWidth() * BLOCK,
        at.weights() + n % groups * weightBytes,
        at.parameters() + n % groups * ChannelParameters.bytes(shape.outChannels()),
        at.constants(),
        at.beside() + (spec.corrected() ? (long) n * output.spatial() * Integer.BYTES : besideImage(n)),
        at.output() + n * (output.bytes() / shape.batch()),
        at.scratch() + worker * scratchBytes(),
        at.zeroPoint());
  }

  private long besideImage(int n) {
    long elements = output.bytes() / output.batch() / output.elementBytes();
    return n * elements * spec.epilogue().side().map(ByteEpilogue.Side::bytes).orElse(0);
  }

  private void band(Operands image, int row, int rowTo, int panelFrom, int panelTo, int tileFrom, int tileTo) {
    long input = image.input() + (long) row * shape.strideHeight() * shape.inWidth() * BLOCK;
    int count = rowTo - row;
    if (shape.padded()) {
      pad(image, row, count);
      input = image.scratch();
    }
    ByteProduct.Operands operands = new ByteProduct.Operands(
        input,
        image.weights(),
        image.parameters(),
        image.constants(),
        image.beside(),
        image.output());
    for (int panel = panelFrom; panel < panelTo; panel++) {
      product.rows(operands, (long) row * spec.outputRow(), panel, count, tileFrom, tileTo);
    }
    if (clears && panelTo == product.panels()) {
      int width = rows == 1 ? 0 : shape.outWidth();
      for (int y = row; y < rowTo; y++) {
        output.clearPadding(
            image.output(), y * width + product.pixel(tileFrom), y * width + product.pixel(tileTo));
      }
    }
  }

  /** Copies the input rows of a band with their border. */
  private void pad(Operands at, int row, int count) {
    for (int block = 0; block < inBlocks; block++) {
      long plane = at.input() + (long) block * shape.inHeight() * shape.inWidth() * BLOCK;
      padded.copy(plane, row, count, at.zeroPoint(), at.scratch() + block * padded.bytes(bandRows()));
    }
  }

  /** Whether a pixel's channels are one step, so that those under a row of taps are a segment. */
  private static boolean isStepOfRow(ConvShape shape) {
    return shape.inChannels() <= ByteWeights.STEP;
  }

  private static int inputStep(ConvShape shape) {
    return isStepOfRow(shape) ? shape.dilationWidth() * BLOCK : ByteWeights.STEP;
  }

  private SegmentTable segments(Arena arena) {
    int height = shape.padded() ? padded.count(bandRows()) : shape.inHeight();
    long row = (long) padded.width() * BLOCK;
    if (isStepOfRow(shape)) {
      SegmentTable rowsOfTaps = new SegmentTable(shape.kernelHeight(), arena);
      for (int kh = 0; kh < shape.kernelHeight(); kh++) {
        rowsOfTaps.add(kh * shape.dilationHeight() * row, shape.kernelWidth());
      }
      return rowsOfTaps;
    }
    SegmentTable table = new SegmentTable(inBlocks * shape.kernelHeight() * shape.kernelWidth(), arena);
    for (int block = 0; block < inBlocks; block++) {
      int channels = Math.min(BLOCK, shape.inChannels() - block * BLOCK);
      for (int kh = 0; kh < shape.kernelHeight(); kh++) {
        long offset = (block * (long) height + (long) kh * shape.dilationHeight()) * row;
        for (int kw = 0; kw < shape.kernelWidth(); kw++) {
          table.add(
              offset + (long) kw * shape.dilationWidth() * BLOCK, Math.ceilDiv(channels, ByteWeights.STEP));
        }
      }
    }
    return table;
  }

  /** Rows of output of the largest band. */
  private int bandRows() {
    return Math.ceilDiv(rows, units.parts());
  }
}
