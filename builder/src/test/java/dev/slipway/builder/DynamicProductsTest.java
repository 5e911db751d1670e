package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.operators.Operators;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DynamicProductsTest {
  private static final String MATRIX = """
      graph dynamic {
        input x: float32[2, 3]
        constant w: int8[3, 2] = {1, -2, 3, 4, -5, 127}
        constant zero: int8[2] = {0, 0}
        constant scales: float32[2] = {0.5, 0.25}
        constant bias: float32[2] = {1, -1}
        q, s, z = DynamicQuantizeLinear(x)
        scale = Mul(s, scales)
        sums = MatMulInteger(q, w, z, zero)
        floats = Cast(sums) {to = 1}
        scaled = Mul(floats, scale)
        y = Add(scaled, bias)
        output "y" = y
      }
      """;

  private static final String CONVOLUTION = """
      graph dynamic {
        input x: float32[1, 1, 1, 4]
        constant w: uint8[2, 1, 1, 2] = {1, 200, 3, 130}
        constant zero: uint8[] = {120}
        constant scales: float32[] = {0.5}
        constant bias: float32[1, 2, 1, 1] = {1, -1}
        q, s, z = DynamicQuantizeLinear(x)
        scale = Mul(s, scales)
        sums = ConvInteger(q, w, z, zero)
        floats = Cast(sums) {to = 1}
        scaled = Mul(floats, scale)
        y = Add(scaled, bias)
        output "y" = y
      }
      """;

  private static final String ROWS = """
      graph rows {
        input x: float32[2, 3]
        constant axes: int64[1] = {-1}
        constant step: float32[] = {0.007874016}
        constant least: float32[] = {1.17549435E-38}
        constant one: float32[] = {1}
        constant z: uint8[] = {128}
        constant w: int8[3, 2] = {1, -2, 3, 4, -5, 127}
        constant scales: float32[2] = {0.5, 0.25}
        constant bias: float32[2] = {1, -1}
        absolute = Abs(x)
        largest = ReduceMax(absolute, axes)
        steps = Mul(largest, step)
        s = Max(steps, least)
        divided = Div(x, s)
        q = QuantizeLinear(divided, one, z)
        sums = MatMulInteger(q, w, z) "product"
        floats = Cast(sums) {to = 1}
        ofRows = Mul(floats, s)
        scaled = Mul(ofRows, scales)
        y = Add(scaled, bias)
        output "y" = y
      }
      """;

  @Test
  void productsTakeWhatFollows() {
    check(MATRIX, "DynamicQuantizeLinear", "QuantizedMatMul", Tensor.of(new float[] {1, -2, 3.5f, 0, 4, -1}, 2, 3));
    check(CONVOLUTION, "DynamicQuantizeLinear", "QuantizedConv", Tensor.of(new float[] {1, -2, 3.5f, 0}, 1, 1, 1, 4));
  }

  @Test
  void productsOfFloatsAreNear() {
    for (String text : List.of(MATRIX, CONVOLUTION)) {
      Graph graph = GraphParser.parse(text, Operators::get);
      List<List<Node>> islands = QuantizedIslands.of(graph);
      assertThat(islands).hasSize(1);
      assertThat(islands.getFirst()).hasSize(6);
      Set<String> names = islands.getFirst().stream().map(Node::name).collect(Collectors.toSet());
      Graph floats = FloatTwin.of(graph, names);
      assertThat(floats.nodes()).extracting(node -> node.op().schema().name())
          .doesNotContain("DynamicQuantizeLinear").containsAnyOf("MatMul", "Conv");
      boolean isMatrix = text.equals(MATRIX);
      Tensor x = isMatrix
          ? Tensor.of(new float[] {1, -2, 3.5f, 0, 4, -1}, 2, 3)
          : Tensor.of(new float[] {1, -2, 3.5f, 0}, 1, 1, 1, 4);
      float[] rounded = ((Tensor) new Interpreter().run(graph, List.of(x)).getFirst()).toFloats();
      float[] exact = ((Tensor) new Interpreter().run(floats, List.of(x)).getFirst()).toFloats();
      assertThat(exact).containsExactly(rounded, within(furthest(floats, isMatrix ? 6 : 5.5f)));
    }
  }

  /** The second row is as the first in another unit, so that one range for both would leave it a single step. */
  @Test
  void rowsHaveRangesOfTheirOwn() {
    Tensor x = Tensor.of(new float[] {1, -2, 3.5f, 0.01f, -0.02f, 0.035f}, 2, 3);
    check(ROWS, "QuantizeRows", "QuantizedMatMul", x);
    Graph graph = GraphParser.parse(ROWS, Operators::get);
    Graph lowered = DynamicProducts.lower(graph.withoutDeadCode(), true);
    float[] y = ((Tensor) new Interpreter().run(lowered, List.of(x)).getFirst()).toFloats();
    assertThat(y[0]).isCloseTo(1 + 0.5f * (1 - 6 - 17.5f), within(0.1f));
    assertThat(y[2]).isCloseTo(1 + 0.005f * (1 - 6 - 17.5f), within(0.001f));
    assertThat(DynamicProducts.lower(graph, false).nodes())
        .extracting(node -> node.op().schema().name())
        .contains("QuantizeLinear", "QuantizedMatMul").doesNotContain("QuantizeRows");
    assertThat(DynamicProducts.groups(graph)).hasSize(1);
    assertThat(FloatTwin.of(graph, Set.of("product")).nodes())
        .extracting(node -> node.op().schema().name()).contains("MatMul").doesNotContain("MatMulInteger");
  }

  /** Outside of dynamic chains: scales are constant or absent, zero points constant or computed. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "constant z: uint8[] = {7} | constant zero: int8[] = {0}     | y = Mul(floats, scales) | 1",
    "input z: uint8[]          | constant zero: int8[] = {0}     | y = Mul(floats, scales) | 1",
    "constant z: uint8[] = {0} | constant zero: int8[2] = {0, 0} | y = Add(floats, scales) | 1",
    "constant z: uint8[] = {7} | constant zero: int8[] = {0}     | y = Sigmoid(floats)     | 2",
    "constant z: uint8[] = {7} | constant zero: int8[2] = {3, 3} | y = Mul(floats, scales) | 1",
  })
  void productsOfBytesTakeWhatFollows(String zeroPoint, String weightZero, String last, int nodes) {
    Graph graph = GraphParser.parse("""
        graph plain {
          input x: uint8[2, 3]
          constant w: int8[3, 2] = {1, -2, 3, 4, -5, 127}
          constant scales: float32[2] = {0.5, 0.25}
          %s
          %s
          sums = MatMulInteger(x, w, z, zero)
          floats = Cast(sums) {to = 1}
          %s
          output "y" = y
        }
        """.formatted(zeroPoint, weightZero, last), Operators::get);
    Graph lowered = DynamicProducts.lower(graph, true);
    assertThat(lowered.nodes()).hasSize(nodes);
    assertThat(lowered.nodes().getFirst().op()).isInstanceOf(QuantizedMatMul.class);
    Tensor x = Tensor.allocate(DType.UINT8, 2, 3);
    for (int i = 0; i < 6; i++) {
      x.setLong(i, 51L * i);
    }
    List<Datum> inputs = graph.inputs().size() == 1 ? List.of(x) : List.of(x, Tensor.scalar(DType.UINT8, 9));
    assertThat(((Tensor) new Interpreter().run(lowered, inputs).getFirst()).toFloats())
        .isEqualTo(((Tensor) new Interpreter().run(graph, inputs).getFirst()).toFloats());
    assertThat(DynamicProducts.groups(graph)).isEmpty();
  }

  /** Half a step of activations of this width, at each weight. */
  private static float furthest(Graph floats, float width) {
    double weights = 0;
    for (float weight : floats.constants().values().stream()
        .max(Comparator.comparingLong(Tensor::elementCount)).orElseThrow().toFloats()) {
      weights += Math.abs(weight);
    }
    return (float) (width / 255 / 2 * weights);
  }

  private static void check(String text, String quantize, String product, Tensor x) {
    Graph graph = GraphParser.parse(text, Operators::get);
    Graph lowered = DynamicProducts.lower(graph, true);
    assertThat(lowered.nodes().stream().map(node -> node.op().schema().name()))
        .containsExactly(quantize, product);
    float[] expected = ((Tensor) new Interpreter().run(graph, List.of(x)).getFirst()).toFloats();
    float[] actual = ((Tensor) new Interpreter().run(lowered, List.of(x)).getFirst()).toFloats();
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-5f * Math.abs(expected[i]) + 1e-5f));
    }
  }

  @Test
  void zeroPointsOfColumnsStay() {
    Graph graph = GraphParser.parse(MATRIX.replace("{0, 0}", "{1, 2}"), Operators::get);
    assertThat(DynamicProducts.lower(graph, true)).isSameAs(graph);
    assertThat(graph.tensorType(graph.inputs().getFirst()).dtype()).isEqualTo(DType.FLOAT32);
  }
}
