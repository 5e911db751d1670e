package dev.slipway.quantization;

/** The smallest and the largest of some numbers; the empty range where there were none. */
public record Range(float min, float max) {
  /** The range of no numbers. */
  public static final Range EMPTY = new Range(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);

  /** From -bound to bound. */
  public static Range symmetric(float bound) {
    return new Range(-bound, bound);
  }

  /** The range of a whole array. */
  public static Range of(float[] values) {
    Range range = EMPTY;
    for (float value : values) {
      range = range.and(value);
    }
    return range;
  }

  public boolean isEmpty() {
    return min > max;
  }

  /** The largest magnitude. */
  public float magnitude() {
    return isEmpty() ? 0 : Math.max(Math.abs(min), Math.abs(max));
  }

  /** The smallest range that holds this one and a number. */
  public Range and(float value) {
    return new Range(Math.min(min, value), Math.max(max, value));
  }

  /** The smallest range that holds both. */
  public Range and(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }

  /** What this range and -bound to bound have in common. */
  public Range within(float bound) {
    return new Range(Math.max(min, -bound), Math.min(max, bound));
  }
}
