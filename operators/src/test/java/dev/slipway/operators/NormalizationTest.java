package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalizationTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      BatchNormalization epsilon=0 | float32[1,2,1,3] -1 0 1 2 3 4; float32 1 1.5; float32 0 1; float32 0 3; float32 1 1.5 | float32[1,2,1,3] -1 0 1 -0.2247449 1 2.2247449
      BatchNormalization epsilon=0 training_mode=1 | float32[2,1] 1 3; float32 1; float32 0; float32 0; float32 0 | float32[2,1] -1 1; float32 0.2; float32 0.1
      LayerNormalization epsilon=0 | float32[1,2] 1 3; float32 2 3; float32 1 1 | float32[1,2] -1 4; float32[1,1] 2; float32[1,1] 1
      LayerNormalization epsilon=0 axis=0 | float32[2,1] 1 3; float32[] 2 | float32[2,1] -2 2; float32[1,1] 2; float32[1,1] 1
      GroupNormalization epsilon=0 num_groups=1 | float32[1,2,1] 1 3; float32 2 3; float32 1 1 | float32[1,2,1] -1 4
      InstanceNormalization epsilon=0 | float32[1,2,2] 1 3 5 9; float32 1 2; float32 0 1 | float32[1,2,2] -1 1 -1 3
      RMSNormalization epsilon=0 | float32[1,2] 3 4; float32 1 2 | float32[1,2] 0.8485281 2.2627417
      LRN size=3 alpha=3 beta=1 bias=0 | float32[1,3,1] 1 2 3 | float32[1,3,1] 0.2 0.1428571 0.2307692
      LRN size=2 alpha=2 beta=1 bias=0 | float32[1,3,1] 1 2 3 | float32[1,3,1] 0.2 0.1538462 0.3333333
      """)
  void normalizes(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
