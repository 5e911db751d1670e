package dev.slipway.quantization;

/**
 * How far numbers are from those that they should be.
 *
 * @param signalToNoise power of what they should be over power of the difference, in decibels; infinite where equal
 * @param cosine of the angle between both as vectors, 1 where equal
 */
public record Deviation(double signalToNoise, double cosine, double meanSquaredError) {

  /** Collects a deviation over any number of arrays. Not thread-safe. */
  static final class Sum {
    private double signal;
    private double power;
    private double product;
    private double noise;
    private long count;

    void add(float[] expected, float[] actual) {
      for (int i = 0; i < expected.length; i++) {
        double difference = (double) actual[i] - expected[i];
        signal += (double) expected[i] * expected[i];
        power += (double) actual[i] * actual[i];
        product += (double) expected[i] * actual[i];
        noise += difference * difference;
      }
      count += expected.length;
    }

    /** Power of the difference for each unit of power of what should be. */
    double noiseToSignal() {
      return noise == 0 ? 0 : signal == 0 ? Double.POSITIVE_INFINITY : noise / signal;
    }

    Deviation deviation() {
      double cosine = signal == 0 || power == 0
          ? (signal == power ? 1 : 0)
          : product / Math.sqrt(signal) / Math.sqrt(power);
      return new Deviation(decibels(noiseToSignal()), cosine, count == 0 ? 0 : noise / count);
    }
  }

  /** A ratio of noise to signal as a ratio of signal to noise in decibels. */
  static double decibels(double noiseToSignal) {
    return noiseToSignal == 0 ? Double.POSITIVE_INFINITY : -10 * Math.log10(noiseToSignal);
  }
}
