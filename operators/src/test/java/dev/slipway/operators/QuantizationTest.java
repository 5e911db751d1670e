package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      QuantizeLinear | float32 0 2 3 1000 -254 -1000; float32[] 2; uint8[] 128 | uint8 128 129 130 255 1 0
      QuantizeLinear | float32 1 3 5 -1 -3; float32[] 2; int8[] 0 | int8 0 2 2 0 -2
      QuantizeLinear | float32 1 2; float32[] 1 | uint8 1 2
      QuantizeLinear axis=0 | float32[2,2] 1 2 3 4; float32 1 0.5; int8 1 -1 | int8[2,2] 2 3 5 7
      QuantizeLinear block_size=2 | float32[1,4] 6 12 50 5; float32[1,2] 1.5 2.5; int8[1,2] 0 1 | int8[1,4] 4 8 21 3
      QuantizeLinear block_size=2 axis=0 | float32[3,1] 2 4 6; float32[2,1] 2 3; int8[2,1] 0 1 | int8[3,1] 1 2 3
      QuantizeLinear | float32 100 -100 2.5; float32[] 1; int4[] 1 | int4 7 -8 3
      QuantizeLinear | float32 100 -1 1; float32[] 1; uint4[] 0 | uint4 15 0 1
      QuantizeLinear | float32 5 -5 -1; float32[] 1; int2[] 0 | int2 1 -2 -1
      QuantizeLinear output_dtype=int16 | float32 40000 -2.5; float32[] 1 | int16 32767 -2
      QuantizeLinear output_dtype=float8e4m3fn saturate=0 | float32 1000 17; float32[] 1 | float8e4m3fn NaN 16
      QuantizeLinear output_dtype=float8e4m3fn | float32 1000 -1000; float32[] 1 | float8e4m3fn 448 -448
      QuantizeLinear output_dtype=float4e2m1 | float32 7 -0.3 2.4; float32[] 1 | float4e2m1 6 -0.5 2
      QuantizeLinear precision=float16 | float32 2049; float32[] 2; int16[] 0 | int16 1024
      QuantizeLinear | int32 7 -7; float32[] 2; int8[] 0 | int8 4 -4
      DequantizeLinear | uint8 0 3 128 255; float32[] 2; uint8[] 128 | float32 -256 -250 0 254
      DequantizeLinear axis=0 | int8[2,2] 1 2 3 4; float32 2 0.5 | float32[2,2] 2 4 1.5 2
      DequantizeLinear axis=0 block_size=2 | int8[3,1] 1 2 3; float32[2,1] 2 0.5; int8[2,1] 1 -1 | float32[3,1] 0 2 2
      DequantizeLinear output_dtype=float16 | int32 1000; float32[] 0.5 | float16 500
      DequantizeLinear | uint2 0 1 2 3; bfloat16[] 0.5; uint2[] 2 | bfloat16 -1 -0.5 0 0.5
      DequantizeLinear | float8e4m3fn 448 -1; float32[] 2 | float32 896 -2
      DynamicQuantizeLinear | float32 0 2 -3 -2.5 1.34 0.5 | uint8 153 255 0 26 221 179; float32[] 0.0196078438; uint8[] 153
      DynamicQuantizeLinear | float32 -1 -2.1 -1.3 -2.5 -3.34 -4 | uint8 191 121 172 96 42 0; float32[] 0.0156862754; uint8[] 255
      DynamicQuantizeLinear | float32 0 0 | uint8 0 0; float32[] 1; uint8[] 0
      """)
  void quantizes(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
