package dev.slipway.quantization;

/** The extremes of each sample, averaged with weights that fade: recent samples count most. */
final class MovingAverageObserver implements Observer {
  private final double weight;
  private MinMaxObserver sample = new MinMaxObserver();
  private boolean first = true;
  private double min;
  private double max;

  /**
   * An observer of a new tensor.
   *
   * @param weight of the newest sample, above 0 and at most 1
   */
  MovingAverageObserver(double weight) {
    this.weight = weight;
  }

  @Override
  public void observe(float[] values, int count) {
    sample.observe(values, count);
  }

  @Override
  public void endSample() {
    Range seen = sample.range();
    sample = new MinMaxObserver();
    if (seen.isEmpty()) {
      return;
    }
    double share = first ? 1 : weight;
    min += share * (seen.min() - min);
    max += share * (seen.max() - max);
    first = false;
  }

  @Override
  public Range range() {
    return first ? Range.EMPTY : new Range((float) min, (float) max);
  }
}
