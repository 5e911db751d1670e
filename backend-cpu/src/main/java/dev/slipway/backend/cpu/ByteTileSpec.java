package dev.slipway.backend.cpu;

/**
 * What a {@link ByteTileKernel} is specialised to.
 *
 * @param sums what is summed
 * @param pixels neighbouring pixels of the tile
 * @param blocks blocks of sixteen channels
 * @param inputPixel bytes from a pixel's input to the next one's
 * @param inputRow bytes from a row's input to the next one's
 * @param outputPixel bytes from a pixel's output to the next one's
 * @param outputRow bytes from a row's output to the next one's
 * @param outputBlock bytes from a block of the output to the next
 * @param rounds whether results become bytes, else they are floats
 * @param perPixel what numbers pixels have of their own
 * @param epilogue what becomes of results; without a side where pixels have numbers
 */
record ByteTileSpec(
    Sums sums,
    int pixels,
    int blocks,
    int inputPixel,
    int inputRow,
    int outputPixel,
    int outputRow,
    int outputBlock,
    boolean rounds,
    PerPixel perPixel,
    ByteEpilogue epilogue) {

  /** What the sums of a channel run over. */
  enum Sums {
    /** All input channels. */
    DENSE,
    /**
     * The channel's own bytes, two taps at a time: the segments have the offsets of both. Weights are 16-bit numbers,
     * [pair][channel][tap].
     */
    TAP_PAIRS,
    /**
     * The channel's own bytes, up to four taps of neighbouring pixels at a time: in place of steps the segments have a
     * mask of four bits for each such pixel. Weights are bytes, [group][channel][tap].
     */
    TAP_ROWS,
    /** Nothing: sums of products are the input, ints of a pixel's channels side by side. */
    GIVEN
  }

  /** Numbers beside the output, one for each pixel. */
  enum PerPixel {
    NONE,
    /** An int that is added to the pixel's sums. */
    CORRECTION,
    /** A float by which the channels' scales are multiplied. */
    SCALE
  }

  boolean corrected() {
    return perPixel == PerPixel.CORRECTION;
  }

  boolean scaled() {
    return perPixel == PerPixel.SCALE;
  }

  /** Whether a number lies beside each pixel, so that there is no side. */
  boolean hasPixelNumbers() {
    return perPixel != PerPixel.NONE;
  }

  ByteTileSpec withTile(int otherPixels, int otherBlocks) {
    return new ByteTileSpec(
        sums,
        otherPixels,
        otherBlocks,
        inputPixel,
        inputRow,
        outputPixel,
        outputRow,
        outputBlock,
        rounds,
        perPixel,
        epilogue);
  }

  ByteTileSpec withInputPixel(int bytes) {
    return new ByteTileSpec(
        sums,
        pixels,
        blocks,
        bytes,
        inputRow,
        outputPixel,
        outputRow,
        outputBlock,
        rounds,
        perPixel,
        epilogue);
  }

  /** A distance in the output, of whole pixels where these have numbers, as one in the numbers or in the side. */
  long beside(long outputBytes) {
    return hasPixelNumbers()
        ? outputBytes / outputPixel * Integer.BYTES
        : outputBytes / elementBytes() * epilogue.side().map(ByteEpilogue.Side::bytes).orElse(0);
  }

  /** Bytes of an element of the output. */
  int elementBytes() {
    return rounds ? 1 : Float.BYTES;
  }
}
