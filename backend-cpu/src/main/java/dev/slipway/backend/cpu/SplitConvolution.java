package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Convolution in NCHW[16] on the matrix unit, pixels and weights split into terms of bfloat16 (see
 * {@link SplitFormat}). A band of rows is split once, while it is near, then multiplied by one panel of 32 output
 * channels after the other. Thread-safe: it holds no state of a call.
 */
final class SplitConvolution {
  /** Bytes of a split band that stay in the second-level cache beside a panel. */
  private static final int BAND_BYTES = 1 << 20;

  private static final int UNITS_PER_THREAD = 4;
  private static final int MIN_UNIT_BLOCKS = 4;

  private final ConvShape shape;
  private final int threads;
  private final int bands;
  private final SplitImage image;
  private final SplitColumns columns;
  private final MemorySegment offsets;
  private final int unitBlocks;
  private final int parts;
  private final Splitter pixels;
  private final Splitter weights = Splitter.ofSteps();
  private final SplitConvTile tile;
  private final EpiloguePass pass;
  private final Epilogue epilogue;
  private final boolean keepsZero;

  /** @param arena lifetime of this convolution's table */
  SplitConvolution(MicroKernels kernels, ConvShape shape, Epilogue epilogue, int threads, Arena arena) {
    this.shape = shape;
    this.threads = threads;
    image = new SplitImage(shape, bandRows(shape));
    bands = Math.ceilDiv(shape.outHeight(), image.outRows());
    columns = columns(shape);
    offsets = image.offsets(arena);
    int wanted = threads == 1 ? 1 : Math.ceilDiv(UNITS_PER_THREAD * threads, columns.panels());
    unitBlocks = Math.ceilDiv(image.blocks(), Math.clamp(image.blocks() / MIN_UNIT_BLOCKS, 1, wanted));
    parts = Math.ceilDiv(image.blocks(), unitBlocks);
    int blockBytes = Math.toIntExact((long) shape.inHeight() * shape.inWidth() * SplitFormat.ROW_BYTES);
    int termBytes = Math.toIntExact(image.termBytes());
    pixels = Splitter.ofPixels(blockBytes, termBytes);
    tile = new SplitConvTile(Math.toIntExact(image.blockBytes()), termBytes, planeBytes());
    pass = new EpiloguePass(kernels, epilogue, PointwiseSpec.Motion.VECTOR);
    this.epilogue = epilogue;
    keepsZero = epilogue.keepsZero();
  }

  /** Output rows of a band, all bands being about as high. */
  private static int bandRows(ConvShape shape) {
    int bands = 1;
    while (bands < shape.outHeight() && bytes(shape, bands) > BAND_BYTES) {
      bands++;
    }
    return Math.ceilDiv(shape.outHeight(), bands);
  }

  private static long bytes(ConvShape shape, int bands) {
    return new SplitImage(shape, Math.ceilDiv(shape.outHeight(), bands)).bytes();
  }

  /** How weights are packed: a column for each output channel, as deep as all taps of whole steps of channels. */
  static SplitColumns columns(ConvShape shape) {
    int depth = shape.kernelHeight() * shape.kernelWidth() * SplitFormat.steps(shape.inChannels()) * SplitFormat.STEP;
    return new SplitColumns(shape.outChannels(), depth);
  }

  /** Packs weights [outChannels, inChannels, kernelHeight, kernelWidth]; {@code packed} is zero. */
  static void packWeights(ConvShape shape, MemorySegment weights, MemorySegment packed) {
    SplitColumns columns = columns(shape);
    int taps = shape.kernelHeight() * shape.kernelWidth();
    int channels = SplitFormat.steps(shape.inChannels()) * SplitFormat.STEP;
    long from = 0;
    for (int column = 0; column < shape.outChannels(); column++) {
      for (int channel = 0; channel < shape.inChannels(); channel++) {
        for (int tap = 0; tap < taps; tap++, from++) {
          float value = weights.getAtIndex(AddressSpace.FLOAT, from);
          columns.set(packed.address(), tap * channels + channel, column, value);
        }
      }
    }
  }

  /** Bytes from one block of channels of a unit's results to the next. */
  private int planeBytes() {
    return unitBlocks * SplitFormat.BLOCK * SplitFormat.ROW_BYTES;
  }

  private long imageBytes() {
    return AddressSpace.roundUp(image.bytes(), AddressSpace.ALIGNMENT);
  }

  /** Bytes of the marks of a band: one for each row of each step. */
  private long markBytes() {
    return AddressSpace.roundUp((long) image.steps() * image.rows() * Integer.BYTES, AddressSpace.ALIGNMENT);
  }

  /** Bytes of the split steps of a panel. */
  private long panelBytes() {
    return (long) Math.min(columns.steps(), SplitColumns.RUN) * SplitFormat.STEP_BYTES;
  }

  /** What each thread has for itself: a split panel, a mark that nobody reads, results. */
  private long workerBytes() {
    return panelBytes() + AddressSpace.ALIGNMENT + 2L * planeBytes();
  }

  /** Bytes of scratch memory of all threads. */
  long scratchBytes() {
    return imageBytes() + markBytes() + threads * workerBytes();
  }

  /** Runs on the pool; the bias has whole panels. */
  void run(WorkerPool pool, ConvOperands at) {
    for (int n = 0; n < shape.batch(); n++) {
      ConvOperands one = image(at, n);
      for (int band = 0; band < bands; band++) {
        int first = (int) ((long) shape.outHeight() * band / bands);
        int rows = (int) ((long) shape.outHeight() * (band + 1) / bands) - first;
        int read = new SplitImage(shape, rows).rows();
        pool.run(image.steps() * read, (unit, _) -> split(one, first, unit / read, unit % read));
        pool.run(columns.panels() * parts, (unit, worker) -> multiply(one, first, rows, unit, worker));
      }
    }
  }

  private ConvOperands image(ConvOperands at, int n) {
    long inBytes = (long) Math.ceilDiv(shape.inChannels(), SplitFormat.TILE)
        * shape.inHeight() * shape.inWidth() * SplitFormat.ROW_BYTES;
    long outBytes = Math.ceilDiv(shape.outChannels(), SplitFormat.TILE) * outPlaneBytes();
    return new ConvOperands(
        at.input() + n * inBytes,
        at.weights(),
        at.bias(),
        at.side0() + epilogue.sideOffset(0, 0, n * outBytes),
        at.side1() + epilogue.sideOffset(1, 0, n * outBytes),
        at.side2() + epilogue.sideOffset(2, 0, n * outBytes),
        at.output() + n * outBytes,
        at.scratch());
  }

  private long outPlaneBytes() {
    return (long) shape.outHeight() * shape.outWidth() * SplitFormat.ROW_BYTES;
  }

  private long mark(ConvOperands at, int step, int row) {
    return at.scratch() + imageBytes() + ((long) step * image.rows() + row) * Integer.BYTES;
  }

  private void split(ConvOperands at, int first, int step, int row) {
    image.split(pixels, at.input(), first, step, row, at.scratch(), mark(at, step, row));
  }

  private void multiply(ConvOperands at, int first, int rows, int unit, int worker) {
    int panel = unit / parts;
    int from = unit % parts * unitBlocks * SplitFormat.BLOCK;
    int end = Math.min(from + unitBlocks * SplitFormat.BLOCK, (rows - 1) * image.pitch() + shape.outWidth());
    if (end <= from) {
      return;
    }
    long split = at.scratch() + imageBytes() + markBytes() + worker * workerBytes();
    long unreadMark = split + panelBytes();
    long results = unreadMark + AddressSpace.ALIGNMENT;
    for (int step = 0; step < columns.steps(); step += SplitColumns.RUN) {
      int run = columns.run(step);
      long source = at.weights() + columns.offset(panel, step);
      int length = SplitFormat.STEP * SplitFormat.BLOCK;
      weights.run(source, SplitFormat.WHOLE_STEP_BYTES, run, length, split, unreadMark);
      tile.run(
          at.scratch() + from / SplitFormat.BLOCK * image.blockBytes(),
          split,
          results,
          offsets.address() + (long) step * Long.BYTES,
          run,
          SplitFormat.blocks(end - from),
          step == 0 ? at.bias() + (long) panel * SplitFormat.BLOCK * Float.BYTES : 0);
    }
    for (int y = from / image.pitch(); y < rows && y * image.pitch() < end; y++) {
      int start = y * image.pitch();
      int left = Math.max(from - start, 0);
      int right = Math.min(end - start, shape.outWidth());
      if (left < right) {
        store(at, first, y, left, right, panel, results + (long) (start - from) * SplitFormat.ROW_BYTES);
      }
    }
  }

  /**
   * Stores pixels {@code left} to {@code right} of a row of the band.
   *
   * @param results those of the row's first pixel and the panel's first channel
   */
  private void store(ConvOperands at, int first, int y, int left, int right, int panel, long results) {
    boolean extraordinary = columns.isExtraordinary(at.weights()) || isExtraordinary(at, y);
    int blocks = Math.ceilDiv(shape.outChannels(), SplitFormat.TILE);
    for (int half = 0; half < 2 && 2 * panel + half < blocks; half++) {
      int block = 2 * panel + half;
      long from = results + (long) half * planeBytes() + (long) left * SplitFormat.ROW_BYTES;
      if (extraordinary) {
        compute(at, first + y, left, right, block, from);
      }
      long pixel = (long) (first + y) * shape.outWidth() + left;
      long offset = block * outPlaneBytes() + pixel * SplitFormat.ROW_BYTES;
      long channelBytes = (long) block * SplitFormat.ROW_BYTES;
      pass.run(
          from,
          at.side0() + epilogue.sideOffset(0, channelBytes, offset),
          at.side1() + epilogue.sideOffset(1, channelBytes, offset),
          at.side2() + epilogue.sideOffset(2, channelBytes, offset),
          at.output() + offset,
          (right - left) * SplitFormat.TILE);
      boolean padding = shape.outChannels() % SplitFormat.TILE != 0 && block == blocks - 1;
      if (padding && (extraordinary || !keepsZero)) {
        clear(at.output() + offset, right - left);
      }
    }
  }

  /** Clears the channels that the last block has too many. */
  private void clear(long output, int count) {
    int lanes = shape.outChannels() % SplitFormat.TILE;
    for (int i = 0; i < count; i++) {
      long pixel = output + (long) i * SplitFormat.ROW_BYTES;
      AddressSpace.clear(pixel + (long) lanes * Float.BYTES, (long) (SplitFormat.TILE - lanes) * Float.BYTES);
    }
  }

  /** Whether terms do not represent all numbers that an output row of the band reads. */
  private boolean isExtraordinary(ConvOperands at, int y) {
    for (int step = 0; step < image.steps(); step++) {
      for (int tap = 0; tap < shape.kernelHeight(); tap++) {
        int row = y * shape.strideHeight() + tap * shape.dilationHeight();
        if (AddressSpace.getInt(mark(at, step, row)) != 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** Computes pixels of an output row and block of channels in float32, one by one. */
  private void compute(ConvOperands at, int y, int left, int right, int block, long results) {
    int channels = Math.min(SplitFormat.TILE, shape.outChannels() - block * SplitFormat.TILE);
    for (int x = left; x < right; x++) {
      for (int lane = 0; lane < channels; lane++) {
        long result = results + (long) (x - left) * SplitFormat.ROW_BYTES + (long) lane * Float.BYTES;
        AddressSpace.set(result, compute(at, y, x, block * SplitFormat.TILE + lane));
      }
    }
  }

  private float compute(ConvOperands at, int y, int x, int column) {
    float sum = AddressSpace.get(at.bias() + (long) column * Float.BYTES);
    int depth = SplitFormat.steps(shape.inChannels()) * SplitFormat.STEP;
    for (int kh = 0; kh < shape.kernelHeight(); kh++) {
      int row = y * shape.strideHeight() + kh * shape.dilationHeight() - shape.padTop();
      for (int kw = 0; kw < shape.kernelWidth() && row >= 0 && row < shape.inHeight(); kw++) {
        int pixel = x * shape.strideWidth() + kw * shape.dilationWidth() - shape.padLeft();
        if (pixel >= 0 && pixel < shape.inWidth()) {
          int tap = kh * shape.kernelWidth() + kw;
          for (int channel = 0; channel < shape.inChannels(); channel++) {
            float weight = columns.element(at.weights(), tap * depth + channel, column);
            sum += AddressSpace.get(element(at.input(), channel, row, pixel)) * weight;
          }
        }
      }
    }
    return sum;
  }

  private long element(long input, int channel, int row, int pixel) {
    long plane = (long) channel / SplitFormat.TILE * shape.inHeight() + row;
    long vector = plane * shape.inWidth() + pixel;
    return input + vector * SplitFormat.ROW_BYTES + (long) channel % SplitFormat.TILE * Float.BYTES;
  }
}
