package dev.slipway.analysis;

/**
 * How fast a layer could be at best.
 *
 * @param millis the largest of what arithmetic, memory, and a launch take at least; NaN where that is not known
 * @param bound which of them it is
 */
public record Roof(double millis, Bound bound) {
  public static final Roof UNKNOWN = new Roof(Double.NaN, Bound.UNKNOWN);

  /** Percent of the roof that a layer reaches which takes so long; NaN where the roof is not known. */
  public double percent(double actualMillis) {
    return 100 * millis / actualMillis;
  }
}
