package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Float8ProductsTest {
  private final SplittableRandom random = new SplittableRandom(5);
  private final Reasons reasons = new Reasons();

  private Tensor random(DType type, long... dims) {
    Tensor tensor = Tensor.allocate(type, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, random.nextDouble() * 4 - 2);
    }
    return tensor;
  }

  /** A graph on x and weights of float8, with scales 0.25 and 0.5. */
  private static Graph graph(Tensor weights, String body) {
    return GraphParser.parse("""
        graph test {
          input x: float32[2, 16]
          constant w: %s = @0
          constant b: float32[32] = @1
          constant s: float32[] = {0.25}
          constant t: float32[] = {0.5}
          constant z: float8e4m3fn[] = {0}
          q = QuantizeLinear(x, s, z)
          d = DequantizeLinear(q, s, z)
          v = DequantizeLinear(w, t)
        """.formatted(weights.type()) + body + "  output \"y\" = y\n}\n",
        Operators::get, List.of(weights, Tensor.allocate(DType.FLOAT32, 32)));
  }

  private void checkLowered(Graph graph, String... operators) {
    Graph lowered = Float8Products.lower(graph, reasons);
    assertThat(lowered.nodes()).extracting(node -> node.op().schema().name()).containsExactly(operators);
    Tensor x = random(DType.FLOAT32, 2, 16);
    Tensor expected = (Tensor) new Interpreter().run(graph, List.of(x)).getFirst();
    Tensor actual = (Tensor) new Interpreter().run(lowered, List.of(x)).getFirst();
    assertThat(actual.toFloats()).usingComparatorWithPrecision(1e-5f).containsExactly(expected.toFloats());
  }

  @Test
  void multipliesByConstantWeights() {
    Graph graph = graph(random(DType.FLOAT8E4M3FN, 16, 32), "  y = MatMul(d, v)\n");
    checkLowered(graph, "QuantizeLinear", "Float8MatMul");
    assertThat(GraphPrinter.print(Float8Products.lower(graph, reasons))).contains("{scale = 0.125, output_dtype = 1}");
  }

  @Test
  void addsTheBiasOfAGemm() {
    Graph graph = graph(random(DType.FLOAT8E4M3FN, 32, 16), "  y = Gemm(d, v, b) {transB = 1}\n");
    checkLowered(graph, "QuantizeLinear", "Float8MatMul", "Add");
  }

  @Test
  void leavesSizesThatAreNoMultiples() {
    Graph graph = graph(random(DType.FLOAT8E4M3FN, 16, 30), "  y = MatMul(d, v)\n");
    checkLowered(graph, "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "MatMul");
    assertThat(reasons.byNode().toString()).contains("does not compute on float8: weights float8e4m3fn[16, 30]");
  }

  @Test
  void leavesProductsOfActivations() {
    Graph graph = graph(random(DType.FLOAT8E4M3FN, 16, 32), "  u = Transpose(d)\n  y = MatMul(d, u)\n");
    checkLowered(graph, "QuantizeLinear", "DequantizeLinear", "Transpose", "MatMul");
    assertThat(reasons.byNode().toString()).contains("its other factor is no constant matrix of float8");
  }

  @Test
  void quantisesHalvesWhereTheRestIsOfHalves() {
    Graph graph = graph(random(DType.FLOAT8E4M3FN, 16, 32), "  p = Neg(x)\n  y = MatMul(d, v)\n");
    Graph halves = HalfNarrowing.narrow(
        Float8Products.lower(graph, reasons), DType.FLOAT16, ValueRanges.UNKNOWN, reasons);
    assertThat(GraphPrinter.print(halves))
        .contains("QuantizeLinear(x_float16.out, s_float32, z)", "float16[2, 32] = slipway.Float8MatMul(");
  }
}
