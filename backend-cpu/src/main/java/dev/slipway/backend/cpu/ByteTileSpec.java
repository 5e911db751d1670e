package dev.slipway.backend.cpu;

/**
 * What a {@link ByteTileKernel} is specialised to.
 *
 * @param pixels neighbouring pixels of the tile
 * @param blocks blocks of sixteen channels
 * @param inputPixel bytes from a pixel's input to the next one's
 * @param inputRow bytes from a row's input to the next one's
 * @param outputPixel bytes from a pixel's output to the next one's
 * @param outputRow bytes from a row's output to the next one's
 * @param outputBlock bytes from a block of the output to the next
 * @param rounds whether results become bytes, else they are floats
 * @param corrected whether each pixel has a number that is added to its sums
 */
record ByteTileSpec(
    int pixels,
    int blocks,
    int inputPixel,
    int inputRow,
    int outputPixel,
    int outputRow,
    int outputBlock,
    boolean rounds,
    boolean corrected) {

  ByteTileSpec withTile(int otherPixels, int otherBlocks) {
    return new ByteTileSpec(
        otherPixels, otherBlocks, inputPixel, inputRow, outputPixel, outputRow, outputBlock, rounds, corrected);
  }

  /** Bytes of an element of the output. */
  int elementBytes() {
    return rounds ? 1 : Float.BYTES;
  }
}
