package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.InvalidGraphException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadInputTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      CumSum           | float32 1 2; int64 0 1              | axis: int64[2] (expected: one number)
      DFT              | float32[2,2,1] 1 2 3 4; -; int64 0 1 | axis: int64[2] (expected: one number)
      DFT              | float32[2,1] 1 2; int64 0           | dft_length: 0 (expected: >= 1)
      DFT              | float32[2,3] 1 2 3 4 5 6            | expected: a rank of at least 2, and 1 or 2 as the last
      Det              | float32[2,3] 1 2 3 4 5 6            | expected: square matrices in the last two axes
      EyeLike          | float32 1 2                         | expected: a matrix
      HannWindow       | int64 -1                            | size: -1 (expected: >= 0)
      HannWindow       | int64 1 2                           | size: int64[2] (expected: one number)
      Multinomial      | float32 1                           | expected: batch and classes
      ReduceSum        | float32 1 2; int64[1,1] 0           | axes: int64[1, 1] (expected: a vector)
      ReduceSum        | float32[1,2] 1 2; int64 0 0         | axes: 0 twice (expected: each axis once)
      STFT             | float32[1,2,1] 1 2; int64 0         | frame_step: 0 (expected: >= 1)
      STFT             | float32[1,2,1] 1 2; int64 1; -; int64 3 | signal length: 2 (expected: at least a frame of 3)
      Softmax axis=2   | float32 1 2                         | axis: 2 (expected: -1 to 0)
      TopK             | float32 1 2; int64 -1               | K: -1 (expected: >= 0)
      Where            | float32 1; float32 1; float32 1     | input condition: float32[1] (expected: element type [bool])
      """)
  void isRefusedWithTheReason(String operator, String inputs, String reason) {
    assertThatThrownBy(() -> OperatorExamples.check(operator, inputs, "float32"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining(reason);
  }
}
