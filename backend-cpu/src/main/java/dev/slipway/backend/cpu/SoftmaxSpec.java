package dev.slipway.backend.cpu;

/**
 * What a {@link SoftmaxKernel} is specialised to.
 *
 * @param closedToZero whether a row of negative infinities becomes zeros rather than NaN
 */
record SoftmaxSpec(boolean closedToZero) {
  @Override
  public String toString() {
    return closedToZero ? "closed to zero" : "open";
  }
}
