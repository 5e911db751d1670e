package dev.slipway.backend.cpu;

import java.util.Optional;

/**
 * What a {@link ByteTileKernel} is specialised to.
 *
 * @param sums what is summed
 * @param pixels neighbouring pixels of the tile
 * @param blocks blocks of sixteen channels
 * @param inputStep bytes from a step's input to the next one's
 * @param inputPixel bytes from a pixel's input to the next one's
 * @param inputRow bytes from a row's input to the next one's
 * @param outputPixel bytes from a pixel's output to the next one's
 * @param outputRow bytes from a row's output to the next one's
 * @param outputBlock bytes from a block of the output to the next
 * @param range of results that become bytes; empty where they stay floats
 * @param perPixel what numbers pixels have of their own
 * @param epilogue what becomes of results; without a side where pixels have numbers
 * @param fetchedAhead which part of the next panel's weights every tile moves into a near cache, as one of so many; 0
 *     for none
 * @param segmentSteps the steps of every segment where all have the same few; else 0
 */
record ByteTileSpec(
    Sums sums,
    int pixels,
    int blocks,
    int inputStep,
    int inputPixel,
    int inputRow,
    int outputPixel,
    int outputRow,
    int outputBlock,
    Optional<ByteRange> range,
    PerPixel perPixel,
    ByteEpilogue epilogue,
    int fetchedAhead,
    int segmentSteps) {

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
    return with(otherPixels, otherBlocks, inputPixel, fetchedAhead, segmentSteps);
  }

  ByteTileSpec withInputPixel(int bytes) {
    return with(pixels, blocks, bytes, fetchedAhead, segmentSteps);
  }

  ByteTileSpec withFetchedAhead(int parts) {
    return with(pixels, blocks, inputPixel, parts, segmentSteps);
  }

  ByteTileSpec withSegmentSteps(int steps) {
    return with(pixels, blocks, inputPixel, fetchedAhead, steps);
  }

  private ByteTileSpec with(
      int otherPixels, int otherBlocks, int otherInputPixel, int otherFetchedAhead, int otherSegmentSteps) {
    return new ByteTileSpec(
        sums,
        otherPixels,
        otherBlocks,
        inputStep,
        otherInputPixel,
        inputRow,
        outputPixel,
        outputRow,
        outputBlock,
        range,
        perPixel,
        epilogue,
        otherFetchedAhead,
        otherSegmentSteps);
  }

  /** Whether results become bytes. */
  boolean rounds() {
    return range.isPresent();
  }

  /** A distance in the output, of whole pixels where these have numbers, as one in the numbers or in the side. */
  long beside(long outputBytes) {
    return hasPixelNumbers()
        ? outputBytes / outputPixel * Integer.BYTES
        : outputBytes / elementBytes() * epilogue.side().map(ByteEpilogue.Side::bytes).orElse(0);
  }

  /** All of it: code is kept by it. */
  @Override
  public String toString() {
    return sums + " " + pixels + "x" + blocks + " from " + inputStep + "/" + inputPixel + "/" + inputRow + " to "
        + outputPixel + "/" + outputRow + "/" + outputBlock + ", " + range + ", " + perPixel + ", "
        + epilogue + ", ahead " + fetchedAhead + ", segments " + segmentSteps;
  }

  /** Bytes of an element of the output. */
  int elementBytes() {
    return rounds() ? 1 : Float.BYTES;
  }
}
