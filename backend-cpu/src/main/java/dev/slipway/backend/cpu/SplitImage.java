package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The rows that a band of output rows of a convolution reads, padded and split into terms of bfloat16, such that the
 * pixels that a tap reads for neighbouring outputs are neighbours too, across the ends of rows as well: all outputs of
 * a band are one run of pixels, {@link #pitch} of them for each row. Those beyond the output's width are of no use.
 *
 * <p>With several taps: [steps of 32 channels][terms][row phases][column phases][rows][pitch][32 channels]. A phase has
 * the rows and columns whose numbers leave the same rest when divided by the stride. With one tap only the pixels that
 * are read, in the order in which they are: [blocks of 32 pixels][steps][terms][32 pixels][32 channels].
 *
 * @param outRows output rows of a band
 */
record SplitImage(ConvShape shape, int outRows) {

  private boolean oneTap() {
    return shape.kernelHeight() * shape.kernelWidth() == 1;
  }

  /** Steps of channels. */
  int steps() {
    return SplitFormat.steps(shape.inChannels());
  }

  /** Padded input rows. */
  int rows() {
    return (outRows - 1) * shape.strideHeight() + shape.dilationHeight() * (shape.kernelHeight() - 1) + 1;
  }

  /** Pixels that are computed for each row of the output. */
  int pitch() {
    int paddedWidth = shape.inWidth() + shape.padLeft() + shape.padRight();
    return oneTap() ? shape.outWidth() : Math.ceilDiv(paddedWidth, shape.strideWidth());
  }

  /** Pixels of the run from the first output of the band to the last. */
  int pixels() {
    return (outRows - 1) * pitch() + shape.outWidth();
  }

  /** Blocks of pixels that cover the run. */
  int blocks() {
    return SplitFormat.blocks(pixels());
  }

  private long rowBytes() {
    return (long) pitch() * SplitFormat.ROW_BYTES;
  }

  private long phaseBytes() {
    return Math.ceilDiv(rows(), shape.strideHeight()) * rowBytes();
  }

  /** Bytes from one term to the next. */
  long termBytes() {
    return oneTap() ? SplitFormat.TERM_BYTES : shape.strideHeight() * shape.strideWidth() * phaseBytes();
  }

  private long stepBytes() {
    return SplitFormat.TERMS * termBytes();
  }

  /** Bytes from one block of {@link SplitFormat#BLOCK} pixels to the next. */
  long blockBytes() {
    return oneTap() ? steps() * stepBytes() : SplitFormat.TERM_BYTES;
  }

  /** Bytes of the image, and of what the last block of pixels reads behind it. */
  long bytes() {
    return oneTap() ? blocks() * blockBytes() : steps() * stepBytes() + SplitFormat.TERM_BYTES;
  }

  /**
   * For each tap and step, in this order, a 64-bit number: the bytes from a pixel of the run to what the step reads.
   */
  MemorySegment offsets(Arena arena) {
    int taps = shape.kernelHeight() * shape.kernelWidth();
    MemorySegment table = arena.allocate((long) taps * steps() * Long.BYTES, AddressSpace.ALIGNMENT);
    int at = 0;
    for (int y = 0; y < shape.kernelHeight(); y++) {
      for (int x = 0; x < shape.kernelWidth(); x++) {
        int column = x * shape.dilationWidth();
        for (int step = 0; step < steps(); step++) {
          int row = y * shape.dilationHeight();
          long offset = offset(step, row, column % shape.strideWidth(), column / shape.strideWidth());
          table.setAtIndex(AddressSpace.LONG, at++, offset);
        }
      }
    }
    return table;
  }

  /**
   * Byte offset of a pixel.
   *
   * @param row padded row
   * @param x number of the pixel in its row and phase
   */
  private long offset(int step, int row, int phase, int x) {
    int y = row / shape.strideHeight();
    if (oneTap()) {
      int pixel = y * pitch() + x;
      long inBlock = (long) pixel % SplitFormat.BLOCK * SplitFormat.ROW_BYTES;
      return pixel / SplitFormat.BLOCK * blockBytes() + step * stepBytes() + inBlock;
    }
    int phases = row % shape.strideHeight() * shape.strideWidth() + phase;
    return step * stepBytes() + phases * phaseBytes() + y * rowBytes() + (long) x * SplitFormat.ROW_BYTES;
  }

  /** How many pixels of a row, up to {@code end}, follow each other without a gap. */
  private int run(int row, int x, int end) {
    int toBlockEnd = SplitFormat.BLOCK - (row / shape.strideHeight() * pitch() + x) % SplitFormat.BLOCK;
    return oneTap() ? Math.min(end - x, toBlockEnd) : end - x;
  }

  /**
   * Splits one row of 32 channels.
   *
   * @param splitter made by {@link Splitter#ofPixels} for this image
   * @param input the whole image in NCHW[16]
   * @param firstRow output row at which the band begins
   * @param row padded row of the band
   * @param mark address of an integer that becomes 0 where terms represent all numbers
   */
  void split(Splitter splitter, long input, int firstRow, int step, int row, long image, long mark) {
    AddressSpace.setInt(mark, 0);
    if (!isRead(row, shape.kernelHeight(), shape.dilationHeight(), shape.strideHeight())) {
      return;
    }
    int imageRow = firstRow * shape.strideHeight() + row - shape.padTop();
    boolean inside = imageRow >= 0 && imageRow < shape.inHeight();
    for (int phase = 0; phase < shape.strideWidth(); phase++) {
      if (!isRead(phase, shape.kernelWidth(), shape.dilationWidth(), shape.strideWidth())) {
        continue;
      }
      int left = Math.ceilDiv(shape.padLeft() - phase, shape.strideWidth());
      int from = inside ? Math.clamp(left, 0, pitch()) : pitch();
      int right = Math.ceilDiv(shape.inWidth() + shape.padLeft() - phase, shape.strideWidth());
      int end = Math.clamp(right, from, pitch());
      clear(image, step, row, phase, 0, from);
      clear(image, step, row, phase, end, pitch());
      int count;
      for (int x = from; x < end; x += count) {
        count = run(row, x, end);
        long source = input + source(step, imageRow, x * shape.strideWidth() + phase - shape.padLeft());
        split(splitter, source, step, count, image + offset(step, row, phase, x), mark);
      }
    }
  }

  /** Whether a tap reads a row or column of the same phase. */
  private static boolean isRead(int position, int kernel, int dilation, int stride) {
    for (int tap = 0; tap < kernel; tap++) {
      if ((position - tap * dilation) % stride == 0) {
        return true;
      }
    }
    return false;
  }

  private void clear(long image, int step, int row, int phase, int from, int end) {
    int count;
    for (int x = from; x < end; x += count) {
      count = run(row, x, end);
      for (int term = 0; term < SplitFormat.TERMS; term++) {
        long to = image + offset(step, row, phase, x) + term * termBytes();
        AddressSpace.clear(to, (long) count * SplitFormat.ROW_BYTES);
      }
    }
  }

  /** Byte offset of the first channel of a step in NCHW[16]. */
  private long source(int step, int row, int column) {
    long plane = 2L * step * shape.inHeight() + row;
    return (plane * shape.inWidth() + column) * SplitFormat.ROW_BYTES;
  }

  /** Splits pixels of one row; the mark stays set where it is. */
  private void split(Splitter splitter, long from, int step, int count, long to, long mark) {
    boolean half = 2 * step + 1 == Math.ceilDiv(shape.inChannels(), SplitFormat.TILE);
    int channels = half ? SplitFormat.TILE : SplitFormat.STEP;
    int before = AddressSpace.getInt(mark);
    splitter.run(from, (long) shape.strideWidth() * SplitFormat.ROW_BYTES, count, channels, to, mark);
    AddressSpace.setInt(mark, before | AddressSpace.getInt(mark));
  }
}
