package dev.slipway.backend.cpu;

/**
 * Extents of a two-dimensional convolution; one-dimensional ones have height 1.
 *
 * @param batch N
 * @param inChannels C of the input
 * @param outChannels C of the output
 * @param groups divides both; weights are [outChannels, inChannels / groups, kernelHeight, kernelWidth]
 */
record ConvShape(
    int batch,
    int inChannels,
    int inHeight,
    int inWidth,
    int outChannels,
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int strideWidth,
    int padTop,
    int padLeft,
    int padBottom,
    int padRight,
    int dilationHeight,
    int dilationWidth,
    int groups) {

  @Override
  public String toString() {
    return batch + " of " + inChannels + "x" + inHeight + "x" + inWidth + " to " + outChannels
        + ", kernel " + kernelHeight + "x" + kernelWidth + ", strides " + strideHeight + "x" + strideWidth
        + ", pads " + padTop + " " + padLeft + " " + padBottom + " " + padRight
        + ", dilations " + dilationHeight + "x" + dilationWidth + ", groups " + groups;
  }

  int outHeight() {
    return (inHeight + padTop + padBottom - dilationHeight * (kernelHeight - 1) - 1) / strideHeight + 1;
  }

  int outWidth() {
    return (inWidth + padLeft + padRight - dilationWidth * (kernelWidth - 1) - 1) / strideWidth + 1;
  }

  boolean padded() {
    return padTop + padLeft + padBottom + padRight > 0;
  }

  /** Whether each output pixel reads the input pixel at its own place, so that the image is one long row. */
  boolean pointwise() {
    return kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1 && !padded();
  }

  boolean depthwise() {
    return groups > 1 && groups == inChannels && outChannels == inChannels;
  }

  /** Square kernel, stride and padding, no dilation: for tests and benchmarks. */
  static ConvShape of(int channels, int size, int outChannels, int kernel, int stride, int pad, int groups) {
    return new ConvShape(
        1, channels, size, size, outChannels, kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1, groups);
  }
}
