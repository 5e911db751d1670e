package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Direct convolution of {@link ChannelBytes}, without groups.
 *
 * <p>A padded input is copied, a band of rows at a time, into a worker's scratch memory with a border of zero points,
 * so that the kernel sees no edge. Thread-safe: it holds no state of a call.
 */
final class ByteConvolution {
  private static final int BLOCK = ChannelBytes.BLOCK;

  /** Bytes of input that stay in a second-level cache beside weights. */
  private static final int BAND_BYTES = 256 << 10;

  /** Work units for each thread, so that a delayed thread leaves its units to the others. */
  private static final int UNITS_PER_THREAD = 4;

  /** Multiply-adds that are worth a unit of work. */
  private static final long UNIT_PRODUCTS = 800_000;

  private final ConvShape shape;
  private final ByteProduct product;
  private final ByteTileSpec spec;
  private final ChannelBytes output;
  private final boolean clears;
  private final int rows;
  private final int inBlocks;
  private final int bandRows;

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
   * @param rounds whether results become bytes
   * @param clears whether channels that the last block has too many must be cleared
   * @param arena lifetime of this convolution's tables
   */
  ByteConvolution(
      ByteKernels kernels,
      ConvShape shape,
      TileShape tile,
      boolean rounds,
      boolean clears,
      boolean corrected,
      ByteEpilogue epilogue,
      Arena arena) {
    this.shape = shape;
    this.clears = clears && shape.outChannels() % BLOCK != 0;
    rows = shape.pointwise() ? 1 : shape.outHeight();
    inBlocks = Math.ceilDiv(shape.inChannels(), BLOCK);
    int elementBytes = rounds ? 1 : Float.BYTES;
    output = new ChannelBytes(
        shape.batch(), shape.outChannels(), shape.outHeight() * shape.outWidth(), elementBytes);
    bandRows = bandRows();
    int pixel = BLOCK * elementBytes;
    spec = new ByteTileSpec(
        ByteTileSpec.Sums.DENSE,
        tile.pixels(),
        tile.blocks(),
        shape.strideWidth() * BLOCK,
        Math.multiplyExact(shape.strideHeight() * paddedWidth(), BLOCK),
        pixel,
        shape.outWidth() * pixel,
        Math.multiplyExact(output.spatial(), pixel),
        rounds,
        corrected,
        epilogue);
    product = new ByteProduct(
        kernels, spec, pixelsPerRow(shape), kernels.weights(shape.outChannels(), tile.blocks()), segments(arena));
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

  /** Packs weights [outChannels, inChannels, kernelHeight, kernelWidth] in the order of the segments. */
  static void packWeights(ConvShape shape, ByteWeights format, MemorySegment weights, MemorySegment to) {
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
      return c < shape.inChannels()
          ? weights.get(AddressSpace.BYTE, ((long) channel * shape.inChannels() + c) * taps + tap)
          : 0;
    }, to);
  }

  /** Bytes of scratch memory that each thread needs. */
  long scratchBytes() {
    return shape.padded()
        ? AddressSpace.roundUp((long) inBlocks * bandInRows() * paddedWidth() * BLOCK, AddressSpace.ALIGNMENT)
        : 0;
  }

  /** Runs on the pool; the scratch memory has {@link #scratchBytes} for each of its threads. */
  void run(WorkerPool pool, Operands at) {
    int bands = Math.ceilDiv(rows, bandRows);
    int wanted = wantedUnits(pool.threads());
    int chunks = rows == 1 ? pixelChunks(wanted) : 1;
    int groups = Math.clamp(wanted / ((long) shape.batch() * bands * chunks), 1, product.panels());
    pool.run(
        shape.batch() * bands * chunks * groups,
        (unit, worker) -> {
          int group = unit % groups;
          int chunk = unit / groups % chunks;
          int band = unit / groups / chunks % bands;
          int n = unit / groups / chunks / bands;
          int tiles = product.tiles();
          band(
              image(at, n, worker),
              band * bandRows,
              (int) ((long) product.panels() * group / groups),
              (int) ((long) product.panels() * (group + 1) / groups),
              (int) ((long) tiles * chunk / chunks),
              (int) ((long) tiles * (chunk + 1) / chunks));
        });
  }

  private int wantedUnits(int threads) {
    if (threads == 1) {
      return 1;
    }
    long products = (long) steps(shape) * ByteWeights.STEP * shape.outChannels() * shape.batch() * output.spatial();
    return Math.clamp(products / UNIT_PRODUCTS, 1, threads * UNITS_PER_THREAD);
  }

  /** The operands of one image and thread. */
  private Operands image(Operands at, int n, int worker) {
    return new Operands(
        at.input() + (long) n * inBlocks * shape.inHeight() * shape.inWidth() * BLOCK,
        at.weights(),
        at.parameters(),
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

  private void band(Operands image, int row, int panelFrom, int panelTo, int tileFrom, int tileTo) {
    long input = image.input() + (long) row * shape.strideHeight() * shape.inWidth() * BLOCK;
    if (shape.padded()) {
      pad(image, row * shape.strideHeight() - shape.padTop());
      input = image.scratch();
    }
    int count = Math.min(rows, row + bandRows) - row;
    ByteProduct.Operands operands = new ByteProduct.Operands(
        input,
        image.weights(),
        image.parameters(),
        image.constants(),
        image.beside(),
        image.output());
    for (int panel = panelFrom; panel < panelTo; panel++) {
      for (int i = 0; i < (spec.corrected() ? count : 1); i++) {
        int single = spec.corrected() ? 1 : count;
        product.rows(shifted(operands, i, row), (long) (row + i) * spec.outputRow(), panel, single, tileFrom, tileTo);
      }
    }
    if (clears && panelTo == product.panels()) {
      int width = rows == 1 ? 0 : shape.outWidth();
      for (int y = row; y < row + count; y++) {
        output.clearPadding(
            image.output(), y * width + product.pixel(tileFrom), y * width + product.pixel(tileTo));
      }
    }
  }

  /** The operands of a row of a band; kernels read the corrections of one row only. */
  private ByteProduct.Operands shifted(ByteProduct.Operands at, int rowOfBand, int band) {
    if (!spec.corrected()) {
      return at;
    }
    long corrections = (long) (band + rowOfBand) * pixelsPerRow(shape) * Integer.BYTES;
    return new ByteProduct.Operands(
        at.input() + (long) rowOfBand * spec.inputRow(),
        at.weights(),
        at.parameters(),
        at.constants(),
        at.beside() + corrections,
        at.output());
  }

  /** Copies the input rows of a band, from row {@code first} of the image, with their border. */
  private void pad(Operands at, int first) {
    long word = at.zeroPoint() * 0x0101010101010101L;
    int count = bandInRows();
    long inRow = (long) shape.inWidth() * BLOCK;
    long left = (long) shape.padLeft() * BLOCK;
    long right = (long) shape.padRight() * BLOCK;
    long to = at.scratch();
    for (int block = 0; block < inBlocks; block++) {
      long plane = at.input() + block * shape.inHeight() * inRow;
      for (int row = first; row < first + count; row++) {
        if (row < 0 || row >= shape.inHeight()) {
          to = fill(to, left + inRow + right, word);
        } else {
          to = fill(to, left, word);
          MemorySegment.copy(AddressSpace.ALL, plane + row * inRow, AddressSpace.ALL, to, inRow);
          to = fill(to + inRow, right, word);
        }
      }
    }
  }

  private static long fill(long to, long bytes, long word) {
    for (long i = 0; i < bytes; i += Long.BYTES) {
      AddressSpace.setLong(to + i, word);
    }
    return to + bytes;
  }

  private SegmentTable segments(Arena arena) {
    int height = shape.padded() ? bandInRows() : shape.inHeight();
    long row = (long) paddedWidth() * BLOCK;
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

  private int pixelChunks(int wanted) {
    int pixelsInBand = Math.max(spec.pixels(), BAND_BYTES / (inBlocks * BLOCK));
    int chunks = Math.max(Math.ceilDiv(pixelsPerRow(shape), pixelsInBand), wanted / shape.batch());
    return Math.clamp(chunks, 1, product.tiles());
  }

  private int bandRows() {
    if (rows == 1) {
      return 1;
    }
    int inputRow = inBlocks * paddedWidth() * BLOCK;
    int outRows = (BAND_BYTES / inputRow - kernelRows()) / shape.strideHeight() + 1;
    int bands = Math.ceilDiv(rows, Math.max(1, outRows));
    return Math.ceilDiv(rows, Math.max(bands, Math.min(rows, UNITS_PER_THREAD)));
  }

  private int kernelRows() {
    return shape.dilationHeight() * (shape.kernelHeight() - 1) + 1;
  }

  /** Rows of input that a band of output rows reads. */
  private int bandInRows() {
    return (bandRows - 1) * shape.strideHeight() + kernelRows();
  }

  private int paddedWidth() {
    return shape.inWidth() + shape.padLeft() + shape.padRight();
  }
}
