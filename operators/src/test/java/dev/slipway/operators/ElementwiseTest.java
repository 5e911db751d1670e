package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElementwiseTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Abs                              | float32 -1.5 0 2                   | float32 1.5 0 2
      Acos                             | float32 -0.5 0 0.5                 | float32 2.0943951 1.5707963 1.0471976
      Acosh                            | float32 1 2 10                     | float32 0 1.316958 2.993223
      Add                              | float32[2,1] 1 2; float32 10 20    | float32[2,2] 11 21 12 22
      And                              | bool 0 0 1 1; bool 0 1 0 1         | bool 0 0 0 1
      Asin                             | float32 -0.5 0 0.5                 | float32 -0.5235988 0 0.5235988
      Asinh                            | float32 -1 0 1                     | float32 -0.8813736 0 0.8813736
      Atan                             | float32 -1 0 1                     | float32 -0.7853982 0 0.7853982
      Atanh                            | float32 -0.5 0 0.5                 | float32 -0.5493061 0 0.5493061
      Ceil                             | float32 -1.5 1.2                   | float32 -1 2
      Celu alpha=2                     | float32 -1 0 3                     | float32 -0.7869387 0 3
      Clip                             | float32 -3 0 3; float32[] -1; float32[] 1 | float32 -1 0 1
      Clip                             | float32 -3 0 3; -; float32[] 1     | float32 -3 0 1
      Clip                             | float32 -3 0 3                     | float32 -3 0 3
      Clip                             | float32 1 2; float32[] 5; float32[] 3 | float32 3 3
      Cos                              | float32 0 1                        | float32 1 0.5403023
      Cosh                             | float32 -1 0 1                     | float32 1.5430806 1 1.5430806
      Div                              | float32 3 4; float32 1 2           | float32 3 2
      Elu alpha=2                      | float32 -1 0 1                     | float32 -1.2642411 0 1
      Equal                            | float32 1 NaN; float32 1 NaN       | bool 1 0
      Erf                              | float32 -1 0 0.5 3                 | float32 -0.8427008 0 0.5204999 0.9999779
      Exp                              | float32 -1 0 1                     | float32 0.3678794 1 2.7182817
      Floor                            | float32 -1.5 1.2                   | float32 -2 1
      Gelu                             | float32 -1 0 1                     | float32 -0.1586553 0 0.8413447
      Gelu approximate=tanh            | float32 -1 0 1                     | float32 -0.1588080 0 0.8411920
      Greater                          | float32 1 2 3; float32 2 2 2       | bool 0 0 1
      GreaterOrEqual                   | float32 1 2 3; float32 2 2 2       | bool 0 1 1
      HardSigmoid alpha=0.5 beta=0.6   | float32 -1 0 1                     | float32 0.1 0.6 1
      HardSwish                        | float32 -4 -1 1 4                  | float32 0 -0.3333333 0.6666667 4
      IsInf                            | float32 -1.2 NaN Infinity -Infinity | bool 0 0 1 1
      IsInf detect_negative=0          | float32 Infinity -Infinity         | bool 1 0
      IsNaN                            | float32 -1.2 NaN Infinity          | bool 0 1 0
      LeakyRelu alpha=0.1              | float32 -1 0 1                     | float32 -0.1 0 1
      Less                             | float32 1 2 3; float32 2 2 2       | bool 1 0 0
      LessOrEqual                      | float32 1 2 3; float32 2 2 2       | bool 1 1 0
      Log                              | float32 1 10                       | float32 0 2.302585
      Max                              | float32 3 2 1; float32 1 4 4; float32 2 5 3 | float32 3 5 4
      Max                              | float32 NaN; float32 1             | float32 NaN
      Mean                             | float32 3 0 2; float32 1 3 4; float32 2 6 6 | float32 2 3 4
      Min                              | float32 3 2 1; float32 1 4 4; float32 2 5 0 | float32 1 2 0
      Mish                             | float32 -1 0 30                    | float32 -0.3034015 0 30
      Mod fmod=1                       | float32 -4.3 7.2 5; float32 2.1 -3.4 8 | float32 -0.1 0.4 5
      Mod                              | float32 -4.3 7.2; float32 2.1 -3.4 | float32 2 -3
      Mul                              | float32 1 2 3; float32[] 4         | float32 4 8 12
      Neg                              | float32 -4 2                       | float32 4 -2
      Not                              | bool 0 1                           | bool 1 0
      Or                               | bool 0 0 1 1; bool 0 1 0 1         | bool 0 1 1 1
      PRelu                            | float32[2,2] -1 2 -3 4; float32 0.5 0.1 | float32[2,2] -0.5 2 -1.5 4
      Pow                              | float32 1 2 3; int64 4 5 6         | float32 1 32 729
      Pow                              | float32 4; float32 0.5             | float32 2
      Reciprocal                       | float32 -4 2                       | float32 -0.25 0.5
      Round                            | float32 0.5 0.9 2.5 -1.5 -4.5      | float32 0 1 2 -2 -4
      Selu alpha=2 gamma=3             | float32 -1 0 1                     | float32 -3.7927234 0 3
      Shrink lambd=1.5 bias=1.5        | float32 -2 -1 0 1 2                | float32 -0.5 0 0 0 0.5
      Sigmoid                          | float32 -1 0 1                     | float32 0.26894143 0.5 0.7310586
      Sign                             | float32 -2 0 3                     | float32 -1 0 1
      Sin                              | float32 0 1                        | float32 0 0.841471
      Sinh                             | float32 -1 0 1                     | float32 -1.1752012 0 1.1752012
      Softplus                         | float32 -1 0 1 100                 | float32 0.3132617 0.6931472 1.3132616 100
      Softsign                         | float32 -1 0 1                     | float32 -0.5 0 0.5
      Sqrt                             | float32 1 4 9                      | float32 1 2 3
      Sub                              | float32 1 2 3; float32 3 2 1       | float32 -2 0 2
      Sum                              | float32 3 0 2; float32 1 3 4; float32 2 6 6 | float32 6 9 12
      Swish                            | float32 3 4 5                      | float32 2.8577224 3.9280551 4.9665356
      Tan                              | float32 0 1                        | float32 0 1.5574077
      Tanh                             | float32 -1 0 1                     | float32 -0.7615942 0 0.7615942
      ThresholdedRelu alpha=2          | float32 -1.5 0 1.2 2 2.2           | float32 0 0 0 0 2.2
      Where                            | bool 1 0; float32 1 2; float32 9 8 | float32 1 8
      Xor                              | bool 0 0 1 1; bool 0 1 0 1         | bool 0 1 1 0
      ai.onnx.ml.Binarizer threshold=1 | float32 0 1 1.5                    | float32 0 0 1
      """)
  void computesFloats(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Abs                      | int8 -128 -3                          | int8 -128 3
      Add                      | uint8 250 1; uint8 10 1               | uint8 4 2
      BitShift direction=RIGHT | uint8 16 4 1; uint8 1 2 3             | uint8 8 1 0
      BitShift direction=LEFT  | uint32 16 4 1; uint32 1 2 32          | uint32 32 16 0
      BitwiseAnd               | int8 12 -1; int8 10 5                 | int8 8 5
      BitwiseNot               | uint8 0 5                             | uint8 255 250
      BitwiseOr                | int8 12; int8 3                       | int8 15
      BitwiseXor               | int32 6; int32 3                      | int32 5
      Clip                     | uint64 1 18446744073709551615; uint64[] 2 | uint64 2 18446744073709551615
      Clip                     | int8 -100 100; int8[] -5; int8[] 5    | int8 -5 5
      Div                      | int32 -7 7; int32 2 -2                | int32 -3 -3
      Div                      | uint64 18446744073709551615; uint64 2 | uint64 9223372036854775807
      Equal                    | int64 9007199254740993; int64 9007199254740992 | bool 0
      Greater                  | uint64 18446744073709551615; uint64 1 | bool 1
      Max                      | uint64 18446744073709551615; uint64 1 | uint64 18446744073709551615
      Min                      | int64 -5 3; int64[] 0                 | int64 -5 0
      Mod                      | int32 -4 7 5 4 -7 8; int32 2 -3 8 -2 3 5 | int32 0 -2 5 0 2 3
      Mod fmod=1               | int32 -4 7 5 4 -7 8; int32 2 -3 8 -2 3 5 | int32 0 1 5 0 -1 3
      Mul                      | int64 3037000500 3; int64 3037000500 4 | int64 -9223372036709301616 12
      Neg                      | int8 -128 5                           | int8 -128 -5
      Pow                      | int64 3 -1 2; int32 4 3 -1            | int64 81 -1 0
      Pow                      | int32 2; float32 3.5                  | int32 11
      PRelu                    | int32 -3 3; int32[] 2                 | int32 -6 3
      Relu                     | int8 -3 3                             | int8 0 3
      Shrink lambd=1.5         | int32 -2 1 2                          | int32 -2 0 2
      Sign                     | uint64 18446744073709551615 0         | uint64 1 0
      Where                    | bool 1 0; int64[] 9007199254740993; int64[] 1 | int64 9007199254740993 1
      """)
  void computesIntegersExactly(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Cast to=int32                            | float32 -1.9 1.9 3e4      | int32 -1 1 30000
      Cast to=int8                             | int16 200                 | int8 -56
      Cast to=bool                             | float32 0 -0.0 0.1 NaN    | bool 0 0 1 1
      Cast to=float16                          | float32 1e6 0.1           | float16 Infinity 0.1
      Cast to=bfloat16                         | float32 3.1415927         | bfloat16 3.140625
      Cast to=float32                          | uint64 18446744073709551615 | float32 18446744073709551615
      Cast to=float8e4m3fn                     | float32 0.4 1000 -1000    | float8e4m3fn 0.40625 448 -448
      Cast to=float8e4m3fn saturate=0          | float32 1000              | float8e4m3fn NaN
      Cast to=float4e2m1                       | float32 0.3 2.6 -9        | float4e2m1 0.5 3 -6
      Cast to=int4                             | float32 -8 7 3            | int4 -8 7 3
      Cast to=float8e8m0                       | float32 3 4 0             | float8e8m0 4 4 5.877471754111438E-39
      Cast to=float8e8m0 round_mode=down       | float32 3.9               | float8e8m0 2
      Cast to=float8e8m0 round_mode=nearest    | float32 2.9 3             | float8e8m0 2 4
      CastLike                                 | float32 1.5; int64 7 7    | int64 1
      BitCast to=int32                         | float32 1                 | int32 1065353216
      """)
  void converts(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @Test
  void broadcastsLargeTensors() {
    float[] a = new float[3 * 1000];
    float[] b = new float[1000];
    for (int i = 0; i < a.length; i++) {
      a[i] = i;
      b[i % 1000] = i % 1000;
    }
    List<Optional<Tensor>> inputs = List.of(Optional.of(Tensor.of(a, 3, 1000)), Optional.of(Tensor.of(b, 1000)));

    Tensor difference = OperatorTable.evaluate(new Sub(), inputs, 1).getFirst();

    assertThat(difference.getDouble(0)).isZero();
    assertThat(difference.getDouble(1999)).isEqualTo(1000);
    assertThat(difference.getDouble(2999)).isEqualTo(2000);
  }

  @Test
  void followsShapesThroughArithmetic() {
    GraphBuilder graph = new GraphBuilder("graph");
    ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(6))));
    ValueId shape = graph.add(Operators.get("Shape").create(Attributes.NONE), x);
    ValueId target = graph.constant("target", Tensor.vector(-1, 3));
    ValueId unknown = graph.add(new Equal(), target, graph.constant("minus", Tensor.vector(-1)));
    ValueId chosen = graph.add(new Where(), unknown, shape, target);
    ValueId doubled = graph.add(new Mul(), chosen, graph.constant("two", Tensor.vector(2)));
    ValueId halved = graph.add(new Div(), doubled, graph.constant("also two", Tensor.vector(2)));

    assertThat(graph.build().dims(halved))
        .contains(DimVector.of(List.of(Dim.symbol("N"), Dim.of(3))));
  }

  @Test
  void refusesWhatItCannotCompute() {
    assertThatThrownBy(() -> OperatorExamples.check("Div", "int32 1; int32 0", "int32 0"))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("divisor: 0 (expected: another integer)");
    assertThatThrownBy(() -> OperatorTable.op("BitShift direction=UP"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("attribute direction: UP (expected: LEFT or RIGHT)");
    assertThatThrownBy(() -> OperatorTable.op("Cast to=string"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("attribute to: string (expected: a type of real numbers)");
    assertThatThrownBy(() -> OperatorExamples.check("Add", "float32 1 2; float32 1 2 3", "float32 1"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("expected: dimensions that are equal or 1");
  }
}
