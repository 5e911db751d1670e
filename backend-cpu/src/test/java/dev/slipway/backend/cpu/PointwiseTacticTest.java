package dev.slipway.backend.cpu;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PointwiseTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "Abs", "Ceil", "Erf", "Exp", "Floor", "HardSwish", "Neg", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign",
    "Softplus", "Tanh"
  })
  void computesFunctions(String operator) {
    Cases.each(8, (random, arena) -> {
      Tensor x = TacticCheck.floats(random, 3, TacticCheck.edge(random));
      double scale = Cases.oneOf(random, 1, 10, 40);
      for (int i = 0; i < x.elementCount(); i++) {
        x.setDouble(i, x.getDouble(i) * scale + 0.01);
      }
      TacticCheck.of(operator, Attributes.NONE).with(x).run(tactic(random), arena);
    });
  }

  @Test
  void keepsWhatIsSpecial() {
    Cases.each(4, (random, arena) -> {
      Tensor x = Tensor.of(
          new float[] {
            Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0f, 100, -100, 88.5f, -104, 1e9f, 0.5f,
            1.5f
          },
          12);
      for (String operator : new String[] {"Abs", "Exp", "Relu", "Sigmoid", "Tanh", "Floor", "Ceil", "Round", "Erf"}) {
        TacticCheck.of(operator, Attributes.NONE).with(x).run(tactic(random), arena);
      }
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"Add", "Sub", "Mul", "Div", "Min", "Max"})
  void broadcasts(String operator) {
    Cases.each(40, (random, arena) -> {
      long[] left = {
        Cases.oneOf(random, 1, 2), Cases.oneOf(random, 1, 3), Cases.oneOf(random, 1, 5), TacticCheck.edge(random)
      };
      long[] right = left.clone();
      for (int axis = 0; axis < right.length; axis++) {
        if (random.nextInt(3) == 0) {
          right[axis] = 1;
        }
      }
      Tensor divisor = TacticCheck.floats(random, right);
      for (int i = 0; i < divisor.elementCount(); i++) {
        divisor.setDouble(i, divisor.getDouble(i) + Math.copySign(1, divisor.getDouble(i)));
      }
      Tensor dividend = TacticCheck.floats(random, left);
      TacticCheck.of(operator, Attributes.NONE).with(dividend, divisor).run(tactic(random), arena);
    });
  }

  private static PointwiseTactic tactic(Random random) {
    return new PointwiseTactic(POOL, Cases.kernels(random));
  }
}
