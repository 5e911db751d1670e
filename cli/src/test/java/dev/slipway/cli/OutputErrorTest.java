package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.Tensor;
import org.junit.jupiter.api.Test;

class OutputErrorTest {

  private static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  @Test
  void findsTheLargestErrors() {
    OutputError error = OutputError.between(floats(1, 2.5f, 0.1f), floats(1, 2, 0), 0.01, 0.2);
    assertThat(error.maxAbs()).isEqualTo(0.5);
    assertThat(error.maxRel()).isEqualTo(0.25);
    assertThat(error.exceeding()).isEqualTo(1);
    assertThat(error.isWithinTolerance()).isFalse();
    assertThat(error.verdict(false)).isEqualTo("FAILED: 1 of 3 elements");
  }

  @Test
  void notANumberEqualsItselfOnly() {
    assertThat(OutputError.between(floats(Float.NaN), floats(Float.NaN), 0, 0).isWithinTolerance()).isTrue();
    assertThat(OutputError.between(floats(Float.NaN), floats(1), 1, 1).isWithinTolerance()).isFalse();
    assertThat(OutputError.between(floats(Float.POSITIVE_INFINITY), floats(1), 1, 1).isWithinTolerance()).isFalse();
  }

  @Test
  void integersAreNotEqualBecauseTheyAreLarge() {
    assertThat(OutputError.between(Tensor.vector(100_001), Tensor.vector(100_000), 1e-3, 1e-4).isWithinTolerance())
        .isFalse();
  }

  @Test
  void comparesDirections() {
    assertThat(OutputError.between(floats(2, 0), floats(1, 0), 0, 0).cosine()).isCloseTo(1, within(1e-12));
    assertThat(OutputError.between(floats(0, 1), floats(1, 0), 0, 0).cosine()).isCloseTo(0, within(1e-12));
    assertThat(OutputError.between(floats(0, 0), floats(0, 0), 0, 0).cosine()).isEqualTo(1);
  }

  @Test
  void otherTypesAreNeverEqual() {
    OutputError error = OutputError.between(floats(1, 2), floats(1, 2, 3), 1, 1);
    assertThat(error.isWithinTolerance()).isFalse();
    assertThat(error.isWithinCosine(0)).isFalse();
    assertThat(error.verdict(false)).isEqualTo("FAILED: float32[2] (expected: float32[3])");
  }
}
