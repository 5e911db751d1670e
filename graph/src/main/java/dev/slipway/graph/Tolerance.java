package dev.slipway.graph;

/**
 * How far a result may be from the reference: |a - b| ≤ absolute + relative · |b|, both in units of the data type's
 * epsilon times the magnitude of the inputs.
 */
public record Tolerance(double relativeEpsilons, double absoluteEpsilons) {

  public static final Tolerance EXACT = new Tolerance(0, 0);

  /** The same number for both. */
  public static Tolerance epsilons(double count) {
    return new Tolerance(count, count);
  }

  /**
   * For sums of so many products: the error of a sum in any order grows at most linearly, and with its root in fact.
   */
  public static Tolerance accumulated(long terms) {
    return epsilons(4 + 2 * Math.sqrt(Math.max(1, terms)));
  }
}
