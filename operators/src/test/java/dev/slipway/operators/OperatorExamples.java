package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Op;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Checks a line of a table of examples. */
final class OperatorExamples {
  private OperatorExamples() {}

  /** The operator gives these outputs, floats to six digits. */
  static void check(String operator, String inputs, String outputs) {
    Op op = OperatorTable.op(operator);
    List<Optional<Tensor>> expected = OperatorTable.tensors(outputs);
    List<Tensor> actual = OperatorTable.evaluate(op, OperatorTable.tensors(inputs), expected.size());
    for (int i = 0; i < expected.size(); i++) {
      check(actual.get(i), expected.get(i).orElseThrow());
    }
  }

  private static void check(Tensor actual, Tensor expected) {
    assertThat(actual.type()).isEqualTo(expected.type());
    for (int i = 0; i < expected.elementCount(); i++) {
      if (expected.dtype().isFloat()) {
        double value = expected.getDouble(i);
        assertThat(isNear(actual.getDouble(i), value))
            .as("element %d: %s (expected: %s)", i, actual.getDouble(i), value)
            .isTrue();
      } else {
        assertThat(actual.getLong(i)).as("element %d", i).isEqualTo(expected.getLong(i));
      }
    }
  }

  private static boolean isNear(double actual, double expected) {
    return Double.compare(actual, expected) == 0
        || Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  }
}
