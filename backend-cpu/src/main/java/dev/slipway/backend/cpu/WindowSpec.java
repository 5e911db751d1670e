package dev.slipway.backend.cpu;

/**
 * What a {@link WindowKernel} is specialised to: depthwise convolution or pooling in NCHW[c].
 *
 * @param shape its {@code inChannels} are those of the output too
 * @param countPadding whether a mean divides by the taps in the padding too
 */
record WindowSpec(ConvShape shape, Reduction reduction, boolean countPadding, Epilogue epilogue) {
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

  /** Vectors of channels. */
  int blocks() {
    return Math.ceilDiv(shape.inChannels(), Memory.LANES);
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
    if (!countPadding) {
      return rowTaps(y).count() * columnTaps(x).count();
    }
    int top = y * shape.strideHeight() - shape.padTop();
    int left = x * shape.strideWidth() - shape.padLeft();
    int rows = Math.ceilDiv(shape.inHeight() + shape.padBottom() - top, shape.dilationHeight());
    int columns = Math.ceilDiv(shape.inWidth() + shape.padRight() - left, shape.dilationWidth());
    return Math.min(rows, shape.kernelHeight()) * Math.min(columns, shape.kernelWidth());
  }

  /** Where a block starts in a side, for the row of output that starts at an offset. */
  long sideOffset(int side, long outOffset, int block) {
    if (side >= epilogue.sides().size()) {
      return 0;
    }
    return switch (epilogue.sides().get(side)) {
      case FULL -> outOffset;
      case CHANNEL -> (long) block * Memory.VECTOR_BYTES;
      case SCALAR -> 0;
    };
  }
}
