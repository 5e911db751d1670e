package dev.slipway.backend.cpu;

/**
 * What a {@link NormalizationKernel} is specialised to: (x - mean) / sqrt(variance + epsilon) · scale + bias.
 *
 * @param length elements of a row, 1 at least
 * @param centered whether the mean is taken off; where not, the variance is the mean of the squares
 * @param biased whether there is a bias
 */
record NormalizationSpec(int length, boolean centered, boolean biased, float epsilon) {
  @Override
  public String toString() {
    return length + (centered ? " centered" : "") + (biased ? " biased" : "") + ", epsilon " + epsilon;
  }
}
