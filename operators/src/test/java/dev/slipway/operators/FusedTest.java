package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class FusedTest {
  private final Fused fused = new Fused(addRelu());

  private static Graph addRelu() {
    GraphBuilder body = new GraphBuilder("body");
    TensorType type = TensorType.of(DType.FLOAT32, 2);
    ValueId sum = body.add(new Add(), body.input("a", type), body.input("b", type));
    return body.output("y", body.add(new Relu(), sum)).build();
  }

  @Test
  void runsItsBody() {
    Tensor y = new Interpreter().evaluate(fused, Tensor.of(new float[] {-3, 3}, 2), Tensor.of(new float[] {1, 1}, 2));

    assertThat(y.toFloats()).containsExactly(0, 4);
  }

  @Test
  void infersFromTheActualInputs() {
    GraphBuilder graph = new GraphBuilder("graph");
    TensorType type = TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N")));
    ValueId y = graph.add(fused, graph.input("a", type), graph.input("b", type));

    assertThat(graph.type(y)).isEqualTo(type);
  }

  @Test
  void costsTheOperationsOfTheBodyAndItsOwnTraffic() {
    List<TensorType> in = List.of(TensorType.of(DType.FLOAT32, 5), TensorType.of(DType.FLOAT32, 5));

    assertThat(fused.cost(in, List.of(in.getFirst())))
        .isEqualTo(new dev.slipway.graph.Cost(Dim.of(10), Dim.ZERO, Dim.of(40), Dim.of(20)));
  }

  @Test
  void refusesAnotherNumberOfInputs() {
    assertThatThrownBy(() -> new Interpreter().evaluate(fused, Tensor.scalar(1f)))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("inputs: 1 (expected: 2, as body body has)");
  }
}
