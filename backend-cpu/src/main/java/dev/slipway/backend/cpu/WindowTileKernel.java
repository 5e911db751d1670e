package dev.slipway.backend.cpu;

/**
 * The micro-kernel of depthwise convolution and pooling over one block of channels in NCHW[c]: each output pixel
 * reduces the vectors under its window.
 */
interface WindowTileKernel {
  /** Bytes of one entry of the tap table: two 64-bit byte offsets, into the input and into the weights. */
  int TAP_BYTES = 16;

  /**
   * Computes {@code tiles} tiles of neighbouring pixels. All addresses are absolute, in bytes.
   *
   * @param input the first pixel's input, to which tap offsets are added
   * @param taps table of {@code tapCount} entries of {@link #TAP_BYTES}
   * @param weights a vector for each tap; read by a weighted sum only
   * @param bias one vector; read by a weighted sum only
   * @param scale factor of a mean
   */
  void run(
      long input,
      long taps,
      int tapCount,
      long weights,
      long bias,
      float scale,
      long output,
      int tiles);
}
