package dev.slipway.quantization;

/** Leaves out equally many of the smallest and of the largest values. */
final class PercentileObserver implements Observer {
  private final Range full;
  private final double percent;
  private final Histogram histogram;

  /**
   * An observer of a new tensor.
   *
   * @param full the range of all values that will come, not a point
   * @param percent of the values that lie under the range's upper end, above 50 and at most 100
   */
  PercentileObserver(Range full, double percent) {
    this.full = full;
    this.percent = percent;
    this.histogram = new Histogram(full);
  }

  @Override
  public void observe(float[] values, int count) {
    histogram.addAll(values, count);
  }

  @Override
  public Range range() {
    long total = histogram.total();
    if (total == 0) {
      return Range.EMPTY;
    }
    double beyond = total * (100 - percent) / 100;
    int low = 0;
    for (long seen = histogram.count(0); seen <= beyond && low < Histogram.BINS - 1; seen += histogram.count(low)) {
      low++;
    }
    int high = Histogram.BINS - 1;
    for (long seen = histogram.count(high); seen <= beyond && high > low; seen += histogram.count(high)) {
      high--;
    }
    float min = low == 0 ? full.min() : (float) histogram.start(low);
    float max = high == Histogram.BINS - 1 ? full.max() : (float) histogram.start(high + 1);
    return new Range(min, max);
  }
}
