package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecurrenceTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      RNN activations=Affine | float32[2,1,1] 1 1; float32[1,1,1] 2; float32[1,1,1] 0.5 | float32[2,1,1,1] 2 3; float32[1,1,1] 3
      RNN activations=Affine direction=reverse | float32[2,1,1] 1 2; float32[1,1,1] 2; float32[1,1,1] 0.5 | float32[2,1,1,1] 4 4; float32[1,1,1] 4
      RNN activations=Affine | float32[2,1,1] 1 1; float32[1,1,1] 2; float32[1,1,1] 0.5; -; int32 1 | float32[2,1,1,1] 2 0; float32[1,1,1] 2
      RNN activations=Affine direction=reverse layout=1 | float32[1,2,1] 1 1; float32[1,1,1] 2; float32[1,1,1] 0.5; float32[1,2] 10 1; int32 1 | float32[1,2,1,1] 13 0; float32[1,1,1] 13
      RNN activations=Affine,Affine direction=bidirectional | float32[2,1,1] 1 2; float32[2,1,1] 2 2; float32[2,1,1] 0.5 0.5 | float32[2,2,1,1] 2 4 5 4; float32[2,1,1] 5 4
      RNN activations=LeakyRelu activation_alpha=0.5 | float32[1,1,1] 1; float32[1,2,1] -2 2; float32[1,2,2] 0 0 0 0 | float32[1,1,1,2] -1 2
      LSTM activations=Affine,Affine,Affine | float32[1,1,1] 1; float32[1,4,1] 1 2 3 4; float32[1,4,1] 0 0 0 0 | float32[1,1,1,1] 8; float32[1,1,1] 8; float32[1,1,1] 4
      LSTM activations=Affine,Affine,Affine | float32[1,1,1] 1; float32[1,4,1] 1 2 3 4; float32[1,4,1] 0 0 0 0; -; -; -; float32[1,1,1] 1; float32[1,3] 1 1 1 | float32[1,1,1,1] 168; float32[1,1,1] 168; float32[1,1,1] 12
      LSTM activations=Affine,Affine,Affine input_forget=1 | float32[1,1,1] 1; float32[1,4,1] 1 2 3 4; float32[1,4,1] 0 0 0 0; -; -; -; float32[1,1,1] 1 | float32[1,1,1,1] 8; float32[1,1,1] 8; float32[1,1,1] 4
      LSTM activations=Affine,Affine,Affine clip=2.5 | float32[1,1,1] 1; float32[1,4,1] 1 2 3 4; float32[1,4,1] 0 0 0 0; -; -; -; float32[1,1,1] 1 | float32[1,1,1,1] 5; float32[1,1,1] 5; float32[1,1,1] 5
      GRU activations=Affine,Affine | float32[1,1,1] 1; float32[1,3,1] 0.5 2 3; float32[1,3,1] 0 0 1; -; -; float32[1,1,1] 1 | float32[1,1,1,1] 3; float32[1,1,1] 3
      GRU activations=Affine,Affine linear_before_reset=1 | float32[1,1,1] 1; float32[1,3,1] 0.5 2 3; float32[1,3,1] 0 0 1; float32[1,6] 0 0 0 0 0 1; -; float32[1,1,1] 1 | float32[1,1,1,1] 4; float32[1,1,1] 4
      """)
  void walksSequences(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
