package dev.slipway.backend.cpu;

/**
 * What a {@link WindowKernel} is specialised to: depthwise convolution or pooling in NCHW[c].
 *
 * @param shape its {@code inChannels} are those of the output too
 * @param countPadding whether a mean divides by the taps in the padding too
 * @param lanes floats of a vector, which are the channels of a block
 */
record WindowSpec(ConvShape shape, Reduction reduction, boolean countPadding, Epilogue epilogue, int lanes) {
  /** A reduction over a window of one channel. */
  enum Reduction {
    /** Sum of input times weight, and a bias: depthwise convolution. */
    WEIGHTED_SUM,
    /** Sum times the scale. */
    MEAN,
    /** Largest; a NaN is passed over, as long as there is a number. */
    MAX
  }

  /** Neighbouring taps along one axis of the kernel. */
  record Taps(int first, int end) {
    int count() {
      return end - first;
    }
  }

  @Override
  public String toString() {
    return reduction + (countPadding ? " with padding, " : ", ") + shape + ", " + epilogue + ", lanes " + lanes;
  }

  WindowSpec withEpilogue(Epilogue other) {
    return new WindowSpec(shape, reduction, countPadding, other, lanes);
  }

  /** Whether it is the mean of each whole plane. */
  boolean isPlaneMean() {
    return reduction == Reduction.MEAN
        && !shape.padded()
        && shape.kernelHeight() == shape.inHeight()
        && shape.kernelWidth() == shape.inWidth();
  }

  int vectorBytes() {
    return lanes * Float.BYTES;
  }

  /** Vectors of channels. */
  int blocks() {
    return Math.ceilDiv(shape.inChannels(), lanes);
  }

  long inRowBytes() {
    return (long) shape.inWidth() * vectorBytes();
  }

  long outRowBytes() {
    return (long) shape.outWidth() * vectorBytes();
  }

  /** The kernel rows that lie inside the image for a row of output. */
  Taps rowTaps(int y) {
    int top = y * shape.strideHeight() - shape.padTop();
    return inside(top, shape.inHeight(), shape.dilationHeight(), shape.kernelHeight());
  }

  /** The kernel columns that lie inside the image for a column of output. */
  Taps columnTaps(int x) {
    int left = x * shape.strideWidth() - shape.padLeft();
    return inside(left, shape.inWidth(), shape.dilationWidth(), shape.kernelWidth());
  }

  private static Taps inside(int start, int size, int dilation, int kernel) {
    int first = Math.clamp(Math.ceilDiv(-start, dilation), 0, kernel);
    return new Taps(first, Math.clamp(Math.ceilDiv(size - start, dilation), first, kernel));
  }

  /** What a mean at a place of the output divides by: the taps inside, or those in the padding too. */
  int divisor(int x, int y) {
    return countedRows(y) * countedColumns(x);
  }

  /** Kernel rows that a mean counts for a row of output. */
  int countedRows(int y) {
    if (!countPadding) {
      return rowTaps(y).count();
    }
    int top = y * shape.strideHeight() - shape.padTop();
    int rows = Math.ceilDiv(shape.inHeight() + shape.padBottom() - top, shape.dilationHeight());
    return Math.min(rows, shape.kernelHeight());
  }

  private int countedColumns(int x) {
    if (!countPadding) {
      return columnTaps(x).count();
    }
    int left = x * shape.strideWidth() - shape.padLeft();
    int columns = Math.ceilDiv(shape.inWidth() + shape.padRight() - left, shape.dilationWidth());
    return Math.min(columns, shape.kernelWidth());
  }

  /** Where a block starts in a side, for the row of output that starts at an offset. */
  long sideOffset(int side, long outOffset, int block) {
    return epilogue.sideOffset(side, (long) block * vectorBytes(), outOffset);
  }
}
