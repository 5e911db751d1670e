package dev.slipway.backend.cpu;

/**
 * The minimal filtering algorithms F(m x m, 3 x 3): a tile of m x m outputs is {@code A^T [(G g G^T) * (B^T d B)] A},
 * with (m + 2)^2 multiplications for each pair of channels in place of 9 m^2.
 *
 * <p>The matrices come from Toom-Cook interpolation at 0, pairs of points that differ by their sign, and infinity. The
 * rows of B^T have the leading coefficients 1 and p; what that scales is in G, which is applied in double precision.
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015.
 */
enum Winograd {
  F2(1),
  /** Points at the square roots of 1/2 and 2 have a quarter of the error of 1 and 2, and coefficients as short. */
  F4(0.5, 2),
  F6(1, 0.25, 4);

  /** Rows and columns of the filter. */
  static final int TAPS = 3;

  /** Root mean square of the error of rounding to nearest, in epsilons of the number. */
  private static final double ROUNDING = 0.21;

  /** Roundings of a product's factors in the transforms, as measured. */
  private static final double TRANSFORM_ROUNDINGS = 6;

  private final int inputs;
  private final double[][] weightMatrix;
  private final double[][] inputMatrix;
  private final double[][] outputMatrix;
  private final double amplification;

  /**
   * @param squares of the pairs of points
   */
  Winograd(double... squares) {
    inputs = 2 * squares.length + 2;
    weightMatrix = weightMatrix(squares);
    inputMatrix = inputMatrix(squares);
    outputMatrix = outputMatrix(squares, outputs());
    amplification = amplification();
  }

  /** The algorithm with so many outputs along an axis. */
  static Winograd of(int outputs) {
    for (Winograd algorithm : values()) {
      if (algorithm.outputs() == outputs) {
        return algorithm;
      }
    }
    throw new IllegalArgumentException("outputs: " + outputs + " (expected: 2, 4 or 6)");
  }

  /** m: outputs of a tile along an axis. */
  int outputs() {
    return inputs - TAPS + 1;
  }

  /** m + 2: inputs of a tile along an axis, and products. */
  int inputs() {
    return inputs;
  }

  /** (m + 2)^2: matrix products of a convolution. */
  int products() {
    return inputs * inputs;
  }

  /** B^T along one axis. */
  LinearTransform inputTransform() {
    return LinearTransform.ofPairedRows(inputMatrix);
  }

  /** A^T along one axis. */
  LinearTransform outputTransform() {
    return LinearTransform.ofPairedColumns(outputMatrix);
  }

  /**
   * Standard deviation of the rounding error of the worst placed output of a tile, for independent inputs and weights
   * of mean zero: in units of epsilon times the root mean squares of inputs and weights.
   *
   * <p>Rounding a partial sum of k products of deviation s changes it by {@link #ROUNDING} epsilon s sqrt(k), which is
   * summed over the channels; the transforms round too. A direct convolution comes to {@code ROUNDING * 9 / sqrt(2)}
   * for each channel. The factors of the transforms follow Barabasz et al., "Error analysis and improving the accuracy
   * of Winograd convolution for deep neural networks", 2018, with variances in place of bounds.
   */
  double errorDeviation(int channels) {
    return ROUNDING * amplification * Math.sqrt(0.5 * channels * channels + TRANSFORM_ROUNDINGS * channels);
  }

  /**
   * G g G^T.
   *
   * @param filter 3 x 3
   * @param transformed receives (m + 2) x (m + 2)
   */
  void transformWeights(double[] filter, double[] transformed) {
    double[] columns = new double[inputs * TAPS];
    for (int i = 0; i < inputs; i++) {
      for (int x = 0; x < TAPS; x++) {
        for (int y = 0; y < TAPS; y++) {
          columns[i * TAPS + x] += weightMatrix[i][y] * filter[y * TAPS + x];
        }
      }
    }
    for (int i = 0; i < inputs; i++) {
      for (int j = 0; j < inputs; j++) {
        double sum = 0;
        for (int x = 0; x < TAPS; x++) {
          sum += columns[i * TAPS + x] * weightMatrix[j][x];
        }
        transformed[i * inputs + j] = sum;
      }
    }
  }

  private static double[][] weightMatrix(double[] squares) {
    double[][] rows = new double[2 * squares.length + 2][TAPS];
    rows[0][0] = 1 / difference(0, squares, -1);
    for (int i = 0; i < squares.length; i++) {
      double scale = 2 * squares[i] * difference(squares[i], squares, i);
      for (int k = 0; k < TAPS; k++) {
        rows[2 * i + 1][k] = power(squares[i], k) / scale;
        rows[2 * i + 2][k] = power(-squares[i], k) / scale;
      }
    }
    rows[rows.length - 1][TAPS - 1] = 1;
    return rows;
  }

  /** The product of the differences between a square and all others. */
  private static double difference(double square, double[] squares, int except) {
    double product = 1;
    for (int j = 0; j < squares.length; j++) {
      product *= j == except ? 1 : square - squares[j];
    }
    return product;
  }

  /** The k-th power of the point with a square; a negative one stands for the negative point. */
  private static double power(double square, int k) {
    double even = Math.pow(Math.abs(square), k / 2);
    return k % 2 == 0 ? even : Math.signum(square) * Math.sqrt(Math.abs(square)) * even;
  }

  private static double[][] inputMatrix(double[] squares) {
    double[][] rows = new double[2 * squares.length + 2][2 * squares.length + 2];
    polynomial(squares, -1, rows[0], 0, 1);
    for (int i = 0; i < squares.length; i++) {
      for (int sign = 0; sign < 2; sign++) {
        double[] row = rows[2 * i + 1 + sign];
        polynomial(squares, i, row, 2, 1);
        polynomial(squares, i, row, 1, (sign == 0 ? 1 : -1) * Math.sqrt(squares[i]));
      }
    }
    polynomial(squares, -1, rows[rows.length - 1], 1, 1);
    return rows;
  }

  /** Adds the coefficients of scale x^shift times the product of (x^2 - square) over all squares but one. */
  private static void polynomial(double[] squares, int except, double[] coefficients, int shift, double scale) {
    double[] product = new double[squares.length + 1];
    product[0] = 1;
    for (int i = 0; i < squares.length; i++) {
      for (int k = squares.length; k >= 0 && i != except; k--) {
        product[k] = (k > 0 ? product[k - 1] : 0) - squares[i] * product[k];
      }
    }
    for (int k = 0; k < product.length && product[k] != 0; k++) {
      coefficients[shift + 2 * k] += scale * product[k];
    }
  }

  private static double[][] outputMatrix(double[] squares, int outputs) {
    double[][] rows = new double[outputs][2 * squares.length + 2];
    for (int k = 0; k < outputs; k++) {
      rows[k][0] = k == 0 ? 1 : 0;
      for (int i = 0; i < squares.length; i++) {
        rows[k][2 * i + 1] = power(squares[i], k);
        rows[k][2 * i + 2] = power(-squares[i], k);
      }
    }
    rows[outputs - 1][rows[0].length - 1] = 1;
    return rows;
  }

  /** The product of both axes' factors, the variances of which are those of the transforms in turn. */
  private double amplification() {
    double worst = 0;
    for (double[] row : outputMatrix) {
      double variance = 0;
      for (int i = 0; i < inputs; i++) {
        variance += row[i] * row[i] * squares(inputMatrix[i]) * squares(weightMatrix[i]);
      }
      worst = Math.max(worst, variance);
    }
    return worst;
  }

  private static double squares(double[] row) {
    double sum = 0;
    for (double x : row) {
      sum += x * x;
    }
    return sum;
  }
}
