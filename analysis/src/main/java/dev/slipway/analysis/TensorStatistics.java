package dev.slipway.analysis;

import dev.slipway.tensor.Tensor;

/**
 * How the elements of a constant are distributed.
 *
 * @param type {@code float32[64, 3, 7, 7]}
 * @param minimum of the finite elements; NaN where there is none, as mean and deviation are
 * @param deviation the standard deviation
 * @param zeros elements that are 0
 * @param notFinite elements that are infinite or not a number
 * @param counts elements in each of the equally wide bins from minimum to maximum; none where there is no finite
 *     element
 */
record TensorStatistics(
    String type,
    long elements,
    double minimum,
    double maximum,
    double mean,
    double deviation,
    long zeros,
    long notFinite,
    long[] counts) {
  private static final int BINS = 40;

  static TensorStatistics of(Tensor tensor) {
    long elements = tensor.elementCount();
    double minimum = Double.POSITIVE_INFINITY;
    double maximum = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    long zeros = 0;
    long notFinite = 0;
    for (long i = 0; i < elements; i++) {
      double value = tensor.getDouble(i);
      if (!Double.isFinite(value)) {
        notFinite++;
        continue;
      }
      minimum = Math.min(minimum, value);
      maximum = Math.max(maximum, value);
      sum += value;
      squares += value * value;
      zeros += value == 0 ? 1 : 0;
    }
    long finite = elements - notFinite;
    if (finite == 0) {
      return new TensorStatistics(
          tensor.type().toString(), elements, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, notFinite,
          new long[0]);
    }
    double mean = sum / finite;
    double deviation = Math.sqrt(Math.max(0, squares / finite - mean * mean));
    return new TensorStatistics(tensor.type().toString(), elements, minimum, maximum, mean, deviation, zeros, notFinite,
        minimum == maximum ? new long[] {finite} : histogram(tensor, minimum, maximum));
  }

  private static long[] histogram(Tensor tensor, double minimum, double maximum) {
    long[] counts = new long[BINS];
    double scale = BINS / (maximum - minimum);
    for (long i = 0; i < tensor.elementCount(); i++) {
      double value = tensor.getDouble(i);
      if (Double.isFinite(value)) {
        counts[(int) Math.min(BINS - 1, (value - minimum) * scale)]++;
      }
    }
    return counts;
  }
}
