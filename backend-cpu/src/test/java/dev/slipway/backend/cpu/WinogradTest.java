package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WinogradTest {
  @ParameterizedTest
  @EnumSource
  void filtersATile(Winograd algorithm) {
    int n = algorithm.inputs();
    int m = algorithm.outputs();
    Random random = new Random(1);
    double[] filter = random.doubles(Winograd.TAPS * Winograd.TAPS).toArray();
    double[] image = random.doubles((long) n * n).toArray();
    double[] product = new double[n * n];
    algorithm.transformWeights(filter, product);
    double[] transformed = twice(algorithm.inputTransform(), image);
    for (int i = 0; i < product.length; i++) {
      product[i] *= transformed[i];
    }
    double[] outputs = twice(algorithm.outputTransform(), product);
    for (int y = 0; y < m; y++) {
      for (int x = 0; x < m; x++) {
        double sum = 0;
        for (int tap = 0; tap < filter.length; tap++) {
          sum += filter[tap] * image[(y + tap / Winograd.TAPS) * n + x + tap % Winograd.TAPS];
        }
        assertThat(outputs[y * m + x]).isCloseTo(sum, within(1e-5));
      }
    }
  }

  @Test
  void transformsInFewSteps() {
    assertThat(Winograd.F2.inputTransform().steps()).hasSize(4);
    assertThat(Winograd.F2.outputTransform().steps()).hasSize(4);
    assertThat(Winograd.F4.inputTransform().steps()).hasSize(12);
    assertThat(Winograd.F4.outputTransform().steps()).hasSize(12);
    assertThat(Winograd.F6.inputTransform().steps()).hasSize(24);
    assertThat(Winograd.F6.outputTransform().steps()).hasSize(20);
  }

  /** Along the columns of a square matrix and then along its rows. */
  private static double[] twice(LinearTransform transform, double[] matrix) {
    int n = transform.inputs();
    int m = transform.outputs().size();
    double[][] columns = new double[n][];
    for (int j = 0; j < n; j++) {
      double[] column = new double[n];
      for (int i = 0; i < n; i++) {
        column[i] = matrix[i * n + j];
      }
      columns[j] = apply(transform, column);
    }
    double[] result = new double[m * m];
    for (int k = 0; k < m; k++) {
      double[] row = new double[n];
      for (int j = 0; j < n; j++) {
        row[j] = columns[j][k];
      }
      System.arraycopy(apply(transform, row), 0, result, k * m, m);
    }
    return result;
  }

  private static double[] apply(LinearTransform transform, double[] inputs) {
    double[] values = new double[inputs.length + transform.steps().size()];
    System.arraycopy(inputs, 0, values, 0, inputs.length);
    for (int i = 0; i < transform.steps().size(); i++) {
      LinearTransform.Step step = transform.steps().get(i);
      double addend = step.addend() == LinearTransform.NONE ? 0 : values[step.addend()];
      values[inputs.length + i] = addend + step.factor() * values[step.value()];
    }
    return transform.outputs().stream().mapToDouble(value -> values[value]).toArray();
  }
}
