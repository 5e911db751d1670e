package dev.slipway.quantization;

/** The smallest and the largest value. */
final class MinMaxObserver implements Observer {
  private float min = Range.EMPTY.min();
  private float max = Range.EMPTY.max();

  @Override
  public void observe(float[] values, int count) {
    float low = min;
    float high = max;
    for (int i = 0; i < count; i++) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    min = low;
    max = high;
  }

  @Override
  public Range range() {
    return new Range(min, max);
  }
}
