package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReductionTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      ReduceL1 keepdims=0        | float32[3,2,2] 1 2 3 4 5 6 7 8 9 10 11 12; int64 2 | float32[3,2] 3 7 11 15 19 23
      ReduceL1                   | int32 -3 4                          | int32 7
      ReduceL2                   | float32[2,2] 3 4 6 8; int64 1       | float32[2,1] 5 10
      ReduceLogSum               | float32[2,2] 1 2 3 4; int64 -1      | float32[2,1] 1.0986123 1.9459101
      ReduceLogSumExp            | float32[2,2] 5 1 1000 1000; int64 1 | float32[2,1] 5.0181499 1000.6931472
      ReduceMax                  | float32[2,2] 1 2 3 4; int64 0       | float32[1,2] 3 4
      ReduceMax                  | bool[2,2] 1 0 0 0; int64 1          | bool[2,1] 1 0
      ReduceMax                  | uint64 1 18446744073709551615       | uint64 18446744073709551615
      ReduceMean keepdims=0      | float32[3,2,2] 5 1 20 2 30 1 40 2 55 1 60 2; int64 1 | float32[3,2] 12.5 1.5 35 1.5 57.5 1.5
      ReduceMean                 | int32 -3 -4                         | int32 -3
      ReduceMin                  | float32[2,2] 1 2 3 4; int64 0 1     | float32[1,1] 1
      ReduceMin                  | bool[2,2] 1 0 1 1; int64 1          | bool[2,1] 0 1
      ReduceProd                 | float32[2,2] 1 2 3 4; int64 -2      | float32[1,2] 3 8
      ReduceSum                  | float32[2,2] 1 2 3 4                | float32[1,1] 10
      ReduceSum keepdims=0       | float32[2,2] 1 2 3 4; int64         | float32[] 10
      ReduceSum noop_with_empty_axes=1 | float32[2,2] 1 2 3 4          | float32[2,2] 1 2 3 4
      ReduceSumSquare noop_with_empty_axes=1 | float32 1 2 3; int64    | float32 1 4 9
      ReduceSum                  | int64 9007199254740993 1            | int64 9007199254740994
      ReduceSum                  | float32[] 3                         | float32[] 3
      """)
  void reduces(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @ParameterizedTest(name = "{0} of nothing")
  @CsvSource(delimiter = '|', textBlock = """
      ReduceL1        | float32[2,0]; int64 1 | float32[2,1] 0 0
      ReduceLogSum    | float32[1,0]; int64 1 | float32[1,1] -Infinity
      ReduceLogSumExp | float32[1,0]; int64 1 | float32[1,1] -Infinity
      ReduceMax       | float32[1,0]; int64 1 | float32[1,1] -Infinity
      ReduceMax       | int8[1,0]; int64 1    | int8[1,1] -128
      ReduceMean      | float32[1,0]; int64 1 | float32[1,1] NaN
      ReduceMin       | float32[1,0]; int64 1 | float32[1,1] Infinity
      ReduceMin       | bool[1,0]; int64 1    | bool[1,1] 1
      ReduceProd      | int32[1,0]; int64 1   | int32[1,1] 1
      ReduceSum       | int32[1,0]; int64 1   | int32[1,1] 0
      """)
  void reducesNothingToTheIdentity(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      ArgMax                        | float32[2,2] 2 2 3 10         | int64[1,2] 1 1
      ArgMax axis=1 keepdims=0      | float32[2,2] 2 2 3 10         | int64[2] 0 1
      ArgMax axis=1 select_last_index=1 | float32[2,2] 2 2 3 10     | int64[2,1] 1 1
      ArgMin axis=-1                | uint64[1,2] 18446744073709551615 1 | int64[1,1] 1
      CumProd                       | float32 1 2 3; int64[] 0      | float32 1 2 6
      CumProd exclusive=1 reverse=1 | int32 1 2 3; int32[] 0        | int32 6 3 1
      CumSum                        | float32[2,3] 1 2 3 4 5 6; int32[] 1 | float32[2,3] 1 3 6 4 9 15
      CumSum exclusive=1            | float32 1 2 3; int32[] 0      | float32 0 1 3
      CumSum reverse=1              | int64 1 2 3; int32 -1         | int64 6 5 3
      Hardmax axis=0                | float32[2,2] 1 5 3 5          | float32[2,2] 0 1 1 0
      LogSoftmax                    | float32[1,3] -1 0 1           | float32[1,3] -2.4076059 -1.4076059 -0.4076059
      LpNormalization               | float32[2,2] 3 4 0 0          | float32[2,2] 0.6 0.8 0 0
      LpNormalization p=1 axis=0    | float32 -1 3                  | float32 -0.25 0.75
      MeanVarianceNormalization axes=0 | float32 1 2 3              | float32 -1.2247448 0 1.2247448
      Softmax                       | float32[2,2] 0 1 10000 10001  | float32[2,2] 0.2689414 0.7310586 0.2689414 0.7310586
      Softmax axis=0                | float32[2,1] 0 0              | float32[2,1] 0.5 0.5
      TopK                          | float32[2,4] 0 1 2 3 11 8 9 11; int64 3 | float32[2,3] 3 2 1 11 11 9; int64[2,3] 3 2 1 0 3 2
      TopK largest=0 axis=0         | int64 3 1 2; int64 2          | int64 1 2; int64 1 2
      TopK                          | uint8 1 2; int64 0            | uint8; int64
      """)
  void worksAlongAnAxis(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @Test
  void keepsSymbolicDimensions() {
    GraphBuilder graph = new GraphBuilder("graph");
    ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(8), Dim.symbol("H"))));
    ValueId axes = graph.constant("axes", Tensor.vector(-1));

    assertThat(graph.type(graph.add(new ReduceMean(false, false), x, axes)))
        .isEqualTo(TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(8))));
    assertThat(graph.type(graph.add(new ReduceMean(true, false), x, axes)))
        .isEqualTo(TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(8), Dim.ONE)));
  }

  @Test
  void countsElementsOfASymbolicShape() {
    GraphBuilder graph = new GraphBuilder("graph");
    ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(8))));
    ValueId shape = graph.add(OperatorTable.op("Shape"), x);
    ValueId count = graph.add(new ReduceProd(false, false), shape);

    assertThat(graph.build().dims(count)).contains(DimVector.scalar(Dim.symbol("N").times(8)));
  }

  @Test
  void knowsTheRankWhereAxesAreComputed() {
    GraphBuilder graph = new GraphBuilder("graph");
    ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, 2, 3, 4));
    ValueId axes = graph.input("axes", TensorType.of(DType.INT64, 2));
    ValueId y = graph.add(new ReduceSum(false, false), x, axes);

    assertThat(((TensorType) graph.type(y)).shape().rank()).isEqualTo(1);
  }

  @Test
  void refusesAxesOutOfRange() {
    assertThatThrownBy(() -> OperatorExamples.check("ReduceSum", "float32 1 2; int64 1", "float32 3"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("axis: 1 (expected: -1 to 0)");
    assertThatThrownBy(() -> OperatorExamples.check("TopK", "float32 1 2; int64 3", "float32 3"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("K: 3 (expected: 0 to 2, the size of the axis)");
    assertThatThrownBy(() -> OperatorExamples.check("ArgMax", "float32[0]", "int64[1] 0"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("0 elements (expected: at least 1)");
  }

  @Test
  void saysHowAxesFlow() {
    assertThat(new Softmax(-1).axisFlow(List.of(TensorType.of(DType.FLOAT32, 2, 3))))
        .isEqualTo(new AxisFlow.Links(List.of(AxisFlow.Link.of(0, 0, 0, 0))));
  }
}
