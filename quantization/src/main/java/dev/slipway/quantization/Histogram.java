package dev.slipway.quantization;

/** How many values fell into each of equally wide bins; those beyond the ends count in the outermost bins. */
final class Histogram {
  /** As many as TensorRT's calibration has. */
  static final int BINS = 2048;

  private final float low;
  private final float perUnit;
  private final double width;
  private final long[] counts = new long[BINS];

  /** Bins from the smallest to the largest value of a range that is not a point. */
  Histogram(Range range) {
    this.low = range.min();
    this.width = ((double) range.max() - range.min()) / BINS;
    this.perUnit = (float) (1 / width);
  }

  void add(float value) {
    counts[Math.clamp((int) ((value - low) * perUnit), 0, BINS - 1)]++;
  }

  /** Adds the first values of an array. */
  void addAll(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      add(values[i]);
    }
  }

  long count(int bin) {
    return counts[bin];
  }

  long total() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }

  /** Width of a bin. */
  double width() {
    return width;
  }

  /** The lower end of a bin. */
  double start(int bin) {
    return low + bin * width;
  }

  /** The middle of a bin. */
  double center(int bin) {
    return low + (bin + 0.5) * width;
  }
}
