package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatrixProductTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      MatMul | float32[2,3] 1 2 3 4 5 6; float32[3,2] 1 0 0 1 1 1 | float32[2,2] 4 5 10 11
      MatMul | float32 1 2; float32 3 4 | float32[] 11
      MatMul | float32 1 2; float32[2,2] 1 2 3 4 | float32 7 10
      MatMul | float32[2,2] 1 2 3 4; float32 1 2 | float32 5 11
      MatMul | float32[2,1,2] 1 2 3 4; float32[2,1] 1 10 | float32[2,1,1] 21 43
      MatMul | float32[2,1,1,1] 1 2; float32[3,1,1] 1 10 100 | float32[2,3,1,1] 1 10 100 2 20 200
      MatMul | int32[1,2] 2147483647 1; int32[2,1] 2 3 | int32[1,1] 1
      MatMul | float32[1,0]; float32[0,2] | float32[1,2] 0 0
      Gemm | float32[1,2] 1 2; float32[2,2] 1 2 3 4; float32[] 1 | float32[1,2] 8 11
      Gemm transA=1 transB=1 alpha=2 beta=0.5 | float32[2,1] 1 2; float32[2,2] 1 2 3 4; float32[1,2] 2 4 | float32[1,2] 11 24
      Gemm transB=1 | int32[1,2] 1 2; int32[2,2] 1 2 3 4; int32 1 1 | int32[1,2] 6 12
      Gemm transA=1 | int64[2,1] 1 2; int64[2,1] 3 4 | int64[1,1] 11
      MatMulInteger | uint8[4,3] 11 7 3 10 6 2 9 5 1 8 4 0; uint8[3,2] 1 4 2 5 3 6; uint8 12; uint8 0 | int32[4,2] -38 -83 -44 -98 -50 -113 -56 -128
      MatMulInteger | int8[2,1] 1 2; uint8[1,2] 5 6; int8 1 0; uint8 1 2 | int32[2,2] 0 0 8 8
      QLinearMatMul | uint8[2,4] 208 236 0 238 3 214 255 29; float32 0.0066; uint8 113; uint8[4,3] 152 51 244 60 26 255 0 127 246 127 254 247; float32 0.00705; uint8 114; float32 0.0107; uint8 118 | uint8[2,3] 168 115 255 1 66 151
      QLinearMatMul | int8[2,1] 1 2; float32 1 2; int8 0 0; int8[1,2] 3 4; float32 1 0.5; int8 0 0; float32[] 1; int8[] 0 | int8[2,2] 3 2 12 8
      slipway.Float8MatMul scale=0.5 output_dtype=float32 | float8e4m3fn[1,3] 1 2 448; float8e4m3fn[2,3] 1 1 1 0 -2 0 | float32[1,2] 225.5 -2
      slipway.Float8MatMul output_dtype=float16 | float8e4m3fn[2,1,1] 3 0.5; float8e4m3fn[1,1] 5 | float16[2,1,1] 15 2.5
      Einsum equation=ij,jk->ki | float32[1,2] 1 2; float32[2,2] 1 2 3 4 | float32[2,1] 7 10
      Einsum equation=ij,jk | int32[1,2] 1 2; int32[2,2] 1 2 3 4 | int32[1,2] 7 10
      Einsum equation=ii->i | float32[2,2] 1 2 3 4 | float32 1 4
      Einsum equation=ij-> | float32[2,2] 1 2 3 4 | float32[] 10
      Einsum equation=...ij->...ji | float32[1,2,2] 1 2 3 4 | float32[1,2,2] 1 3 2 4
      Einsum equation=...i,i... | float32[2,1] 1 2; float32[1,2] 10 20 | float32 10 40
      Einsum equation=i,i->i | float32 1 2; float32 10 20 | float32 10 40
      Einsum equation=ij->i | float32[2,0] | float32 0 0
      """)
  void multiplies(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
