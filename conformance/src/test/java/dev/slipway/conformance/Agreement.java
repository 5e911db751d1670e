package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.Tensor;
import java.util.Map;

/**
 * How near outputs are to the expected ones: the worst of all elements and of all outputs.
 *
 * @param worst the largest |actual − expected| / (absolute + relative · |expected|); at most 1 where all is well
 * @param cosine the smallest cosine similarity of an output
 * @param top1 the smallest share of an output's rows (its first axis) whose largest element is the expected one
 */
record Agreement(double worst, double cosine, double top1) {
  private static final Agreement PERFECT = new Agreement(0, 1, 1);

  /** For outputs by name. */
  static Agreement of(Map<String, Tensor> actual, Map<String, Tensor> expected, double relative, double absolute) {
    assertThat(actual.keySet()).containsAll(expected.keySet());
    Agreement all = PERFECT;
    for (Map.Entry<String, Tensor> output : expected.entrySet()) {
      all = all.and(of(actual.get(output.getKey()), output.getValue(), relative, absolute));
    }
    return all;
  }

  private static Agreement of(Tensor actual, Tensor expected, double relative, double absolute) {
    assertThat(actual.dims()).isEqualTo(expected.dims());
    double[] a = actual.toDoubles();
    double[] b = expected.toDoubles();
    double worst = 0;
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      double error = Math.abs(a[i] - b[i]) / (absolute + relative * Math.abs(b[i]));
      worst = a[i] == b[i] ? worst : Math.max(worst, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
      product += a[i] * b[i];
      squaresA += a[i] * a[i];
      squaresB += b[i] * b[i];
    }
    boolean zeros = squaresA == 0 && squaresB == 0;
    double cosine = zeros ? 1 : product / Math.sqrt(squaresA * squaresB);
    return new Agreement(worst, cosine, top1(a, b, expected));
  }

  private static double top1(double[] actual, double[] expected, Tensor type) {
    int rows = type.rank() == 0 ? 1 : Math.toIntExact(type.dim(0));
    int classes = rows == 0 ? 0 : actual.length / rows;
    int same = 0;
    for (int row = 0; row < rows; row++) {
      same += largest(actual, row, classes) == largest(expected, row, classes) ? 1 : 0;
    }
    return rows == 0 ? 1 : (double) same / rows;
  }

  private static int largest(double[] values, int row, int classes) {
    int best = row * classes;
    for (int i = best; i < (row + 1) * classes; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  Agreement and(Agreement other) {
    return new Agreement(
        Math.max(worst, other.worst), Math.min(cosine, other.cosine), Math.min(top1, other.top1));
  }

  @Override
  public String toString() {
    return "error %.3f of the tolerance, cosine %.7f, top-1 %.3f".formatted(worst, cosine, top1);
  }
}
