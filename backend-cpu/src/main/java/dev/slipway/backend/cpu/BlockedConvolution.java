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

  /** Work units for each thread, so that a delayed thread leaves its units to the others. */
  private static final int UNITS_PER_THREAD = 4;

  /** Multiply-adds that are worth a unit of work. */
  private static final long UNIT_FMAS = 200_000;

  private final ConvShape shape;
  private final Input layout;
  private final TileShape tile;
  private final TiledProduct product;
  private final Side[] sides = new Side[Epilogue.MAX_SIDES];
  private final boolean clearPadding;
  private final int rows;
  private final int pixelBytes;
  private final int inBlocks;
  private final int outBlocks;
  private final int bandRows;

  /**
   * @param layout of the input
   * @param tile of at most as many pixels as {@link #pixelsPerRow} says
   * @param arena lifetime of this convolution's tables
   */
  BlockedConvolution(
      MicroKernels kernels, ConvShape shape, Input layout, TileShape tile, Epilogue epilogue, Arena arena) {
    if (shape.groups() != 1) {
      throw new IllegalArgumentException("groups: " + shape.groups() + " (expected: 1)");
    }
    this.shape = shape;
    this.layout = layout;
    this.tile = tile;
    boolean blocked = layout == Input.BLOCKED;
    rows = shape.pointwise() ? 1 : shape.outHeight();
    pixelBytes = blocked ? Memory.VECTOR_BYTES : Float.BYTES;
    inBlocks = blocked ? Math.ceilDiv(shape.inChannels(), Memory.LANES) : shape.inChannels();
    outBlocks = outBlocks(shape);
    bandRows = bandRows();
    clearPadding = shape.outChannels() % Memory.LANES != 0 && !epilogue.keepsZero();
    for (int i = 0; i < sides.length; i++) {
      sides[i] = i < epilogue.sides().size() ? epilogue.sides().get(i) : Side.SCALAR;
    }
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
            spec,
            rows,
            pixelsPerRow(shape),
            outBlocks,
            TiledProduct.Arrangement.BLOCKS,
            segments(arena));
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

  /** Bytes of the packed weights: [panel][input block][kernel row][kernel column][channel][blocks * c]. */
  static long packedBytes(ConvShape shape) {
    long steps = (long) shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    return steps * outBlocks(shape) * Memory.VECTOR_BYTES;
  }

  /** Bytes of a bias padded to whole blocks. */
  static long biasBytes(ConvShape shape) {
    return (long) outBlocks(shape) * Memory.VECTOR_BYTES;
  }

  /** Packs weights [outChannels, inChannels, kernelHeight, kernelWidth]; {@code packed} is zero. */
  static void packWeights(ConvShape s, Input layout, TileShape tile, MemorySegment weights, MemorySegment packed) {
    int blocks = outBlocks(s);
    int block = layout == Input.BLOCKED ? Memory.LANES : 1;
    long to = 0;
    for (int panel = 0; panel < blocks; panel += tile.blocks()) {
      int columns = Math.min(tile.blocks(), blocks - panel) * Memory.LANES;
      for (int c0 = 0; c0 < s.inChannels(); c0 += block) {
        for (int kh = 0; kh < s.kernelHeight(); kh++) {
          for (int kw = 0; kw < s.kernelWidth(); kw++) {
            for (int c = c0; c < Math.min(c0 + block, s.inChannels()); c++) {
              for (int column = 0; column < columns; column++, to++) {
                int o = panel * Memory.LANES + column;
                if (o < s.outChannels()) {
                  long from = (((long) o * s.inChannels() + c) * s.kernelHeight() + kh) * s.kernelWidth() + kw;
                  packed.setAtIndex(Memory.FLOAT, to, weights.getAtIndex(Memory.FLOAT, from));
                }
              }
            }
          }
        }
      }
    }
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
              n,
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
    long steps = (long) shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    long fmas = steps * outBlocks * Memory.LANES * shape.batch() * shape.outHeight() * shape.outWidth();
    return Math.clamp(fmas / UNIT_FMAS, 1, threads * UNITS_PER_THREAD);
  }

  /** The operands of one image and thread. */
  private ConvOperands image(ConvOperands at, int n, int worker) {
    return new ConvOperands(
        at.input() + n * (long) inBlocks * shape.inHeight() * shape.inWidth() * pixelBytes,
        at.weights(),
        at.bias(),
        at.side0() + sideOffset(0, n),
        at.side1() + sideOffset(1, n),
        at.side2() + sideOffset(2, n),
        at.output() + n * outBlocks * planeBytes(),
        at.scratch() + worker * scratchBytes());
  }

  private long sideOffset(int side, int n) {
    return switch (sides[side]) {
      case FULL -> n * outBlocks * planeBytes();
      case CHANNEL, SCALAR -> 0;
    };
  }

  private void band(
      ConvOperands image, int n, int row, int panelFrom, int panelTo, int tileFrom, int tileTo) {
    long input = image.input() + (long) row * shape.strideHeight() * shape.inWidth() * pixelBytes;
    if (shape.padded()) {
      pad(image.input(), image.scratch(), row * shape.strideHeight() - shape.padTop());
      input = image.scratch();
    }
    TiledProduct.Operands operands =
        new TiledProduct.Operands(
            input, image.weights(), image.bias(), image.side0(), image.side1(), image.side2(), image.output());
    int rowTo = Math.min(rows, row + bandRows);
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

  /** Copies the input rows of a band, from row {@code first} of the image, with their zero border. */
  private void pad(long image, long scratch, int first) {
    int count = bandInRows();
    long inRow = (long) shape.inWidth() * pixelBytes;
    long left = (long) shape.padLeft() * pixelBytes;
    long right = (long) shape.padRight() * pixelBytes;
    long to = scratch;
    for (int block = 0; block < inBlocks; block++) {
      long plane = image + block * shape.inHeight() * inRow;
      for (int row = first; row < first + count; row++) {
        if (row < 0 || row >= shape.inHeight()) {
          to = Memory.clear(to, left + inRow + right);
        } else {
          to = Memory.clear(to, left);
          MemorySegment.copy(Memory.ALL, plane + row * inRow, Memory.ALL, to, inRow);
          to = Memory.clear(to + inRow, right);
        }
      }
    }
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

  private int pixelChunks(int wanted) {
    int pixelsInBand = Math.max(tile.pixels(), bandBytes() / (inBlocks * pixelBytes));
    int unitsOfImage = streams() ? 1 : wanted / shape.batch();
    int chunks = Math.max(Math.ceilDiv(pixelsPerRow(shape), pixelsInBand), unitsOfImage);
    return Math.clamp(chunks, 1, product.tiles());
  }

  private int bandRows() {
    if (rows == 1) {
      return 1;
    }
    int inputRow = inBlocks * paddedWidth() * pixelBytes;
    int outRows = (bandBytes() / inputRow - kernelRows()) / shape.strideHeight() + 1;
    int bands = Math.ceilDiv(rows, Math.max(1, outRows));
    int least = streams() ? 1 : Math.min(rows, UNITS_PER_THREAD);
    int evenly = Math.ceilDiv(rows, Math.max(bands, least));
    return (int) Memory.roundUp(evenly, tile.rows());
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

  /** Rows of input that a band of output rows reads. */
  private int bandInRows() {
    return (bandRows - 1) * shape.strideHeight() + kernelRows();
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
