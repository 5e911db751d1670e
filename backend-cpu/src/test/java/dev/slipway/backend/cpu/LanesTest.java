package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class LanesTest {

  /** Often enough that the last calls are compiled. */
  @Test
  void takesLanesTogetherInOneOrder() {
    Random random = new Random(7);
    float[] lanes = new float[Memory.LANES];
    for (int i = 0; i < 20_000; i++) {
      for (int lane = 0; lane < lanes.length; lane++) {
        lanes[lane] = random.nextFloat(-2, 2);
      }
      FloatVector vector = FloatVector.fromArray(Memory.SPECIES, lanes, 0);
      assertThat(Lanes.sum(vector)).isEqualTo(folded(lanes, (a, b) -> (float) a + (float) b));
      assertThat(Lanes.product(vector)).isEqualTo(folded(lanes, (a, b) -> (float) a * (float) b));
    }
  }

  /** The second half upon the first until one is left. */
  private static float folded(float[] lanes, DoubleBinaryOperator operator) {
    float[] left = lanes.clone();
    for (int half = lanes.length / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        left[lane] = (float) operator.applyAsDouble(left[lane], left[lane + half]);
      }
    }
    return left[0];
  }
}
