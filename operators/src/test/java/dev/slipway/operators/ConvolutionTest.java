package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvolutionTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Conv pads=1,1,1,1 | float32[1,1,3,3] 0 1 2 3 4 5 6 7 8; float32[1,1,3,3] 1 1 1 1 1 1 1 1 1 | float32[1,1,3,3] 8 15 12 21 36 27 20 33 24
      Conv group=2 | float32[1,2,2] 1 2 3 4; float32[2,1,1] 10 100; float32 1 2 | float32[1,2,2] 11 21 302 402
      Conv dilations=2 | float32[1,1,5] 1 2 3 4 5; float32[1,1,2] 1 10 | float32[1,1,3] 31 42 53
      Conv strides=2 auto_pad=SAME_LOWER | float32[1,1,4] 1 2 3 4; float32[1,1,3] 1 10 100 | float32[1,1,2] 210 432
      Conv | float32[2,1,1,2] 1 2 3 4; float32[2,1,1,2] 1 1 1 -1 | float32[2,2,1,1] 3 -1 7 -1
      Conv | float32[1,1,2,1,1] 1 2; float32[1,1,2,1,1] 3 4 | float32[1,1,1,1,1] 11
      Conv | float32[0,1,2]; float32[1,1,1] 3 | float32[0,1,2]
      ConvTranspose | float32[1,1,2,2] 0 1 2 3; float32[1,1,2,2] 1 1 1 1 | float32[1,1,3,3] 0 1 1 2 6 4 2 5 3
      ConvTranspose group=2 | float32[1,2,2] 1 2 3 4; float32[2,2,1] 1 10 100 1000; float32 1 1 1 1 | float32[1,4,2] 2 3 11 21 301 401 3001 4001
      ConvTranspose strides=2 | float32[1,1,2] 1 2; float32[1,1,3] 1 1 1 | float32[1,1,5] 1 1 3 2 2
      ConvTranspose strides=2 output_padding=1 | float32[1,1,2] 1 2; float32[1,1,3] 1 1 1 | float32[1,1,6] 1 1 3 2 2 0
      ConvTranspose strides=2 auto_pad=SAME_UPPER | float32[1,1,2] 1 2; float32[1,1,3] 1 1 1 | float32[1,1,4] 1 1 3 2
      ConvTranspose strides=2 auto_pad=SAME_LOWER | float32[1,1,2] 1 2; float32[1,1,3] 1 1 1 | float32[1,1,4] 1 3 2 2
      ConvTranspose strides=2 pads=1,1 | float32[1,1,2] 1 2; float32[1,1,3] 1 1 1 | float32[1,1,3] 1 3 2
      ConvTranspose strides=2 output_shape=3 | float32[1,1,2] 1 2; float32[1,1,3] 1 1 1 | float32[1,1,3] 1 3 2
      ConvTranspose dilations=2 | float32[1,1,2] 1 2; float32[1,1,2] 1 10 | float32[1,1,4] 1 2 10 20
      DeformConv | float32[1,1,2,2] 1 2 3 4; float32[1,1,1,1] 1; float32[1,2,2,2] 0.5 0.5 0.5 0.5 0 0 0 0 | float32[1,1,2,2] 2 3 1.5 2
      DeformConv | float32[1,1,1,2] 1 2; float32[1,1,1,1] 3; float32[1,2,1,2] 0 0 0 -1; float32 10; float32[1,1,1,2] 1 0.5 | float32[1,1,1,2] 13 11.5
      ConvInteger | uint8[1,1,3,3] 2 3 4 5 6 7 8 9 10; uint8[1,1,2,2] 1 1 1 1; uint8 1 | int32[1,1,2,2] 12 16 24 28
      ConvInteger pads=1,0 | uint8[1,1,2] 2 3; int8[2,1,2] 1 2 3 4; uint8[] 1; int8 1 0 | int32[1,2,2] 1 2 4 11
      QLinearConv | uint8[1,1,1] 10; float32[] 0.5; uint8[] 2; int8[2,1,1] 2 -3; float32 0.125 0.25; int8 0 0; float32[] 0.5; uint8[] 100; int32 1 0 | uint8[1,2,1] 102 94
      QLinearConv | int8[1,1,1] 127; float32[] 1; int8[] -128; int8[1,1,1] 127; float32[] 1; int8[] 0; float32[] 1; int8[] 0 | int8[1,1,1] 127
      CausalConvWithState | float32[1,1,3] 1 2 3; float32[1,1,2] 10 1 | float32[1,1,3] 1 12 23; float32[1,1,1] 3
      CausalConvWithState | float32[1,1,1] 1; float32[1,1,3] 100 10 1; float32 0.5; float32[1,1,2] 4 5 | float32[1,1,1] 451.5; float32[1,1,2] 5 1
      CausalConvWithState activation=silu | float32[1,1,1] 1; float32[1,1,1] 2 | float32[1,1,1] 1.7615942; float32[1,1,0]
      """)
  void convolves(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
