package dev.slipway.analysis;

/**
 * What is more than rounding: a local difference whose norm, relative to that of the value, is above the limit, or
 * whose largest element is above ten times the limit, relative to the largest of the value.
 *
 * @param relative the limit
 */
public record Threshold(double relative) {
  /** Of kernels that compute in float32, Winograd convolutions among them. */
  public static final Threshold FLOAT32 = new Threshold(1e-4);
  /** Of kernels that compute in float16 or bfloat16. */
  public static final Threshold HALF = new Threshold(2e-2);
  /** Of quantised layers, which may round to the next step where a result lies between two. */
  public static final Threshold QUANTIZED = new Threshold(5e-2);

  private static final double LARGEST_ELEMENT = 10;

  public Threshold {
    if (!(relative >= 0)) {
      throw new IllegalArgumentException("threshold: " + relative + " (expected: >= 0)");
    }
  }

  boolean isExceededBy(Difference difference) {
    return difference.relative() > relative || difference.maxRelative() > LARGEST_ELEMENT * relative;
  }
}
