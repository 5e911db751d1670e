package dev.slipway.backend.cpu;

/**
 * What a {@link SoftmaxKernel} is specialised to: softmax(scale · x + mask).
 *
 * @param masked whether there is a mask
 * @param closedToZero whether a row of negative infinities becomes zeros rather than NaN
 */
record SoftmaxSpec(float scale, boolean masked, boolean closedToZero) {
  static final SoftmaxSpec PLAIN = new SoftmaxSpec(1, false, false);
}
