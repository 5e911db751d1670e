package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.Relu;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundedFloatsTest {
  private static final float[] VALUES = {
    0, 0.05f, -0.05f, 0.15f, -0.25f, 1, -1, 12.65f, 12.75f, 12.85f, 30, -30, 1e30f, -1e30f, 6.349f, -6.351f
  };

  @Test
  void aPairIsTheSameNumbersInFloat() {
    for (DType type : List.of(DType.INT8, DType.UINT8)) {
      Graph graph = pair(Tensor.scalar(type, type == DType.INT8 ? -3 : 100), Tensor.scalar(0.1f), Tensor.scalar(0.1f));
      Graph floats = RoundedFloats.legalize(graph);
      assertThat(operators(floats)).containsExactly("Relu", "Div", "Round", "Clip", "Mul", "Add");
      assertThat(run(floats)).isEqualTo(run(graph));
    }
  }

  @Test
  void otherScalesStay() {
    Graph graph = pair(Tensor.scalar(DType.INT8, 0), Tensor.scalar(0.1f), Tensor.scalar(0.2f));
    assertThat(RoundedFloats.legalize(graph)).isSameAs(graph);
  }

  @Test
  void integersThatAreReadStay() {
    GraphBuilder builder = new GraphBuilder("g");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, VALUES.length));
    ValueId scale = builder.constant("scale", Tensor.scalar(0.1f));
    ValueId q = builder.add("q", new QuantizeLinear(1), List.of(x, scale), List.of("q")).getFirst();
    ValueId y = builder.add("d", new DequantizeLinear(1), List.of(q, scale), List.of("y")).getFirst();
    Graph graph = builder.output("y", y).output("q", q).build();
    assertThat(RoundedFloats.legalize(graph)).isSameAs(graph);
  }

  @Test
  void constantsAreComputed() {
    GraphBuilder builder = new GraphBuilder("g");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, VALUES.length));
    ValueId w = builder.constant("w", Tensor.scalar(DType.INT8, -5));
    ValueId scale = builder.constant("scale", Tensor.scalar(0.1f));
    ValueId d = builder.add("d", new DequantizeLinear(1), List.of(w, scale), List.of("d")).getFirst();
    ValueId y = builder.add("add", new Add(), List.of(x, d), List.of("y")).getFirst();
    Graph graph = builder.output("y", y).build();
    Graph floats = RoundedFloats.legalize(graph);
    assertThat(operators(floats)).containsExactly("Add");
    assertThat(run(floats)).isEqualTo(run(graph));
  }

  /** Two readers of one quantised value. */
  private static Graph pair(Tensor zeroPoint, Tensor scale, Tensor scaleBack) {
    GraphBuilder builder = new GraphBuilder("g");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, VALUES.length));
    ValueId zero = builder.constant("zero", zeroPoint);
    ValueId to = builder.constant("scale", scale);
    ValueId back = builder.constant("scale_back", scaleBack);
    ValueId relu = builder.add("relu", new Relu(), List.of(x), List.of("r")).getFirst();
    ValueId q = builder.add("q", new QuantizeLinear(1), List.of(relu, to, zero), List.of("q")).getFirst();
    ValueId a = builder.add("d1", new DequantizeLinear(1), List.of(q, back, zero), List.of("a")).getFirst();
    ValueId b = builder.add("d2", new DequantizeLinear(1), List.of(q, back, zero), List.of("b")).getFirst();
    ValueId y = builder.add("add", new Add(), List.of(a, b), List.of("y")).getFirst();
    return builder.output("y", y).build();
  }

  private static List<String> operators(Graph graph) {
    return graph.nodes().stream().map(node -> node.op().schema().name()).toList();
  }

  private static float[] run(Graph graph) {
    Tensor x = Tensor.of(VALUES, VALUES.length);
    return ((Tensor) new Interpreter().run(graph, List.of(x)).getFirst()).toFloats();
  }
}
