package dev.slipway.backend.cpu;

/**
 * For each pixel of a convolution of {@link ChannelBytes} the sum of all bytes under its window, times a factor: what
 * the zero point of weights adds to its results.
 *
 * @param factor less the zero point of the weights
 */
record ByteSums(ConvShape shape, int factor) {
  private static final int BLOCK = ChannelBytes.BLOCK;
  private static final long EVEN_BYTES = 0x00ff00ff00ff00ffL;
  private static final long EVEN_SHORTS = 0x0000ffff0000ffffL;

  /** Blocks whose sums of two bytes each fit 16 bits. */
  private static final int SAFE_BLOCKS = 60;

  private int inPixels() {
    return shape.inHeight() * shape.inWidth();
  }

  private int outPixels() {
    return shape.outHeight() * shape.outWidth();
  }

  /** Bytes of the sums of all pixels, the output's first, then the input's. */
  long bytes() {
    return AddressSpace.roundUp(
        (long) shape.batch() * (inPixels() + outPixels()) * Integer.BYTES, AddressSpace.ALIGNMENT);
  }

  /** Computes the sums. */
  void run(WorkerPool pool, long input, int zeroPoint, long sums) {
    long channelSums = sums + (long) shape.batch() * outPixels() * Integer.BYTES;
    pool.run(shape.batch() * shape.inHeight(), (row, _) -> channels(input, row, channelSums));
    int padding = zeroPoint * shape.inChannels();
    pool.run(shape.batch() * shape.outHeight(), (row, _) -> windows(channelSums, row, padding, sums));
  }

  private void channels(long input, int row, long to) {
    int blocks = Math.ceilDiv(shape.inChannels(), BLOCK);
    long plane = (long) inPixels() * BLOCK;
    int n = row / shape.inHeight();
    long first = input + n * blocks * plane + (long) (row % shape.inHeight()) * shape.inWidth() * BLOCK;
    for (int x = 0; x < shape.inWidth(); x++) {
      int sum = 0;
      for (int from = 0; from < blocks; from += SAFE_BLOCKS) {
        long pixel = first + from * plane + (long) x * BLOCK;
        sum += blocks(pixel, plane, Math.min(SAFE_BLOCKS, blocks - from));
      }
      AddressSpace.setInt(to + ((long) row * shape.inWidth() + x) * Integer.BYTES, sum);
    }
  }

  /** The sum of all bytes of a pixel in some blocks; the channels that the last one has too many are zeros. */
  private static int blocks(long pixel, long plane, int count) {
    long shorts = 0;
    for (int block = 0; block < count; block++) {
      long low = AddressSpace.getLong(pixel + block * plane);
      long high = AddressSpace.getLong(pixel + block * plane + Long.BYTES);
      shorts += (low & EVEN_BYTES) + (low >>> Byte.SIZE & EVEN_BYTES) + (high & EVEN_BYTES)
          + (high >>> Byte.SIZE & EVEN_BYTES);
    }
    long ints = (shorts & EVEN_SHORTS) + (shorts >>> Short.SIZE & EVEN_SHORTS);
    return (int) ints + (int) (ints >>> Integer.SIZE);
  }

  private void windows(long channelSums, int row, int padding, long to) {
    int n = row / shape.outHeight();
    int top = row % shape.outHeight() * shape.strideHeight() - shape.padTop();
    long image = channelSums + (long) n * inPixels() * Integer.BYTES;
    for (int x = 0; x < shape.outWidth(); x++) {
      int sum = 0;
      for (int kh = 0; kh < shape.kernelHeight(); kh++) {
        int y = top + kh * shape.dilationHeight();
        for (int kw = 0; kw < shape.kernelWidth(); kw++) {
          int column = x * shape.strideWidth() - shape.padLeft() + kw * shape.dilationWidth();
          boolean inside = y >= 0 && y < shape.inHeight() && column >= 0 && column < shape.inWidth();
          sum += inside ? AddressSpace.getInt(image + ((long) y * shape.inWidth() + column) * Integer.BYTES) : padding;
        }
      }
      AddressSpace.setInt(to + ((long) row * shape.outWidth() + x) * Integer.BYTES, factor * sum);
    }
  }
}
