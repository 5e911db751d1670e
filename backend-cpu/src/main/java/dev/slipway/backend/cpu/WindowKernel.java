package dev.slipway.backend.cpu;

/** Depthwise convolution or pooling of planes: each is one image's block of channels in NCHW[c]. Thread-safe. */
interface WindowKernel {
  /**
   * Computes a band of rows of neighbouring planes. Channels behind the last one have the epilogue of zero.
   *
   * @param at the operands of the whole activation; no scratch memory is used
   * @param planeFrom image times blocks, plus block
   */
  void run(ConvOperands at, int planeFrom, int planeTo, int rowFrom, int rowTo);
}
