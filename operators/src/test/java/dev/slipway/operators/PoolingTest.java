package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolingTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      MaxPool kernel_shape=2,2 | float32[1,1,3,3] 1 2 3 4 5 6 7 8 9 | float32[1,1,2,2] 5 6 8 9; int64[1,1,2,2] 4 5 7 8
      MaxPool kernel_shape=2,2 strides=2,2 ceil_mode=1 storage_order=1 | uint8[1,1,3,3] 1 2 3 4 5 6 7 8 9 | uint8[1,1,2,2] 5 6 8 9; int64[1,1,2,2] 4 7 5 8
      MaxPool kernel_shape=2,2 dilations=2,2 | int8[1,1,3,3] 1 2 3 4 5 6 7 8 9 | int8[1,1,1,1] 9; int64[1,1,1,1] 8
      MaxPool kernel_shape=2,2 auto_pad=SAME_UPPER | float32[1,1,3,3] 1 2 3 4 5 6 7 8 9 | float32[1,1,3,3] 5 6 6 8 9 9 8 9 9
      MaxPool kernel_shape=2 pads=1,0 | float32[1,2,2] -1 -2 -3 NaN | float32[1,2,2] -1 -1 -3 NaN; int64[1,2,2] 0 0 2 3
      AveragePool kernel_shape=2,2 | float32[1,1,3,3] 1 2 3 4 5 6 7 8 9 | float32[1,1,2,2] 3 4 6 7
      AveragePool kernel_shape=2,2 strides=2,2 pads=1,1,1,1 | float32[1,1,3,3] 1 2 3 4 5 6 7 8 9 | float32[1,1,2,2] 1 2.5 5.5 7
      AveragePool kernel_shape=2,2 strides=2,2 pads=1,1,1,1 count_include_pad=1 | float32[1,1,3,3] 1 2 3 4 5 6 7 8 9 | float32[1,1,2,2] 0.25 1.25 2.75 7
      AveragePool kernel_shape=2,2 strides=2,2 ceil_mode=1 count_include_pad=1 | float32[1,1,3,3] 1 2 3 4 5 6 7 8 9 | float32[1,1,2,2] 3 4.5 7.5 9
      LpPool kernel_shape=2 | float32[1,1,3] 3 -4 3 | float32[1,1,2] 5 5
      LpPool kernel_shape=2,2 p=1 | float32[1,1,2,2] 1 -2 3 4 | float32[1,1,1,1] 10
      GlobalAveragePool | float32[1,2,2] 1 2 3 5 | float32[1,2,1] 1.5 4
      GlobalLpPool p=1 | float32[1,2,2] 1 -2 3 5 | float32[1,2,1] 3 8
      GlobalMaxPool | float32[1,2,1,2] 1 2 3 5 | float32[1,2,1,1] 2 5
      MaxUnpool kernel_shape=2,2 strides=2,2 | float32[1,1,2,2] 1 2 3 4; int64[1,1,2,2] 5 7 13 15 | float32[1,1,4,4] 0 0 0 0 0 1 0 2 0 0 0 0 0 3 0 4
      MaxUnpool kernel_shape=2 strides=2 | float32[1,1,2] 1 2; int64[1,1,2] 1 2; int64 1 1 5 | float32[1,1,5] 0 1 2 0 0
      """)
  void pools(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
