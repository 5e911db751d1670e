package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  private static Optional<String> difference(Datum actual, Datum expected) {
    return Comparison.DEFAULT.difference(List.of(actual), List.of(expected));
  }

  @Test
  void acceptsWhatIsNear() {
    assertThat(difference(Tensor.of(new float[] {1.0009f}, 1), Tensor.of(new float[] {1}, 1))).isEmpty();
    assertThat(difference(Tensor.scalar(Float.NaN), Tensor.scalar(Float.NaN))).isEmpty();
    assertThat(difference(Tensor.scalar(Float.POSITIVE_INFINITY), Tensor.scalar(Float.POSITIVE_INFINITY))).isEmpty();
  }

  @Test
  void tellsTheFirstDifference() {
    assertThat(difference(Tensor.of(new float[] {1, 3, 5}, 3), Tensor.of(new float[] {1, 2, 4}, 3)))
        .contains("output 0: element 1: 3.0 (expected: 2.0); 2 of 3 elements differ");
    assertThat(difference(Tensor.scalar(1f), Tensor.scalar(Float.POSITIVE_INFINITY))).isPresent();
    assertThat(difference(Tensor.scalar(1f), Tensor.scalar(Float.NaN))).isPresent();
  }

  @Test
  void comparesTypesAndShapes() {
    assertThat(difference(Tensor.scalar(1f), Tensor.scalar(1L)))
        .contains("output 0: type: float32[] (expected: int64[])");
    assertThat(difference(Tensor.of(new float[] {1}, 1), Tensor.scalar(1f))).isPresent();
  }

  @Test
  void comparesTypesThatNumpyDoesNotKnowExactly() {
    assertThat(difference(Tensor.scalar(DType.BFLOAT16, 256), Tensor.scalar(DType.BFLOAT16, 256))).isEmpty();
    assertThat(difference(Tensor.scalar(DType.FLOAT8E4M3FN, 8), Tensor.scalar(DType.FLOAT8E4M3FN, 9))).isPresent();
  }

  @Test
  void comparesSequencesAndOptionals() {
    ValueType.SequenceType sequence = new ValueType.SequenceType(TensorType.of(DType.FLOAT32));
    ValueType.OptionalType optional = new ValueType.OptionalType(TensorType.of(DType.FLOAT32));
    Datum one = new Datum.Sequence(sequence, List.of(Tensor.scalar(1f)));
    assertThat(difference(one, one)).isEmpty();
    assertThat(difference(new Datum.Sequence(sequence, List.of()), one)).isPresent();
    assertThat(difference(new Datum.Maybe(optional, Optional.empty()), new Datum.Maybe(optional, Optional.empty())))
        .isEmpty();
    assertThat(difference(Tensor.scalar(1f), one)).isPresent();
  }
}
