package dev.slipway.quantization;

/** The largest magnitude of each channel along the last axis. */
final class ChannelMagnitudes implements Observer {
  private final float[] largest;
  private int next;

  ChannelMagnitudes(int channels) {
    this.largest = new float[channels];
  }

  @Override
  public void observe(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      largest[next] = Math.max(largest[next], Math.abs(values[i]));
      next = next + 1 == largest.length ? 0 : next + 1;
    }
  }

  @Override
  public void endSample() {
    next = 0;
  }

  /** One number for each channel. */
  float[] largest() {
    return largest.clone();
  }

  @Override
  public Range range() {
    return Range.of(largest);
  }
}
