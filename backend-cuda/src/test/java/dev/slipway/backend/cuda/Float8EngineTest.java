package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.Float8MatMul;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Graphs quantised to float8 against the reference; their activations are numbers that float8 has. */
@Tag("gpu")
class Float8EngineTest {
  private static Backend backend;

  private final SplittableRandom random = new SplittableRandom(13);

  @BeforeAll
  static void open() {
    CudaBackendProvider provider = new CudaBackendProvider();
    Availability availability = provider.availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    backend = provider.open(BackendOptions.defaults());
    assumeTrue(backend.compositeOperators().contains("slipway.Float8MatMul"), "a device that multiplies float8");
  }

  @AfterAll
  static void close() {
    if (backend != null) {
      backend.close();
    }
  }

  private Tensor random(DType type, long... dims) {
    Tensor tensor = Tensor.allocate(type, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, random.nextDouble() * 2 - 1);
    }
    return tensor;
  }

  /** Numbers that a float8 has, 16 times as small. */
  private Tensor narrow(long... dims) {
    Tensor wide = Tensor.allocate(DType.FLOAT32, dims);
    wide.set(random(DType.FLOAT8E4M3FN, dims).toFloats());
    return wide;
  }

  private static Graph product(long rows, long depth, long columns, Tensor weights, Tensor bias, String rest) {
    return GraphParser.parse("""
        graph test {
          input x: float32[%1$d, %2$d]
          input r: float32[%1$d, %3$d]
          constant w: float8e4m3fn[%2$d, %3$d] = @0
          constant b: float32[%3$d] = @1
          constant s: float32[] = {0.0625}
          constant t: float32[] = {0.037}
          constant z: float8e4m3fn[] = {0}
          q = QuantizeLinear(x, s, z)
          d = DequantizeLinear(q, s, z)
          v = DequantizeLinear(w, t, z)
          p = MatMul(d, v)
          a = Add(p, b)
          %4$s
          output "y" = y
        }
        """.formatted(rows, depth, columns, rest), Operators::get, List.of(weights, bias));
  }

  @ParameterizedTest
  @CsvSource({"64, 128, 96", "1, 768, 768", "300, 3072, 48", "17, 16, 16"})
  void multiplies(long rows, long depth, long columns) {
    for (String rest : List.of("y = Relu(a)", "y = Gelu(a)", "y = Add(a, r)", "g = Sigmoid(a)\n  y = Mul(g, r)")) {
      Graph graph = product(
          rows, depth, columns, random(DType.FLOAT8E4M3FN, depth, columns), random(DType.FLOAT32, columns), rest);
      Map<String, Tensor> inputs = Map.of("x", narrow(rows, depth), "r", narrow(rows, columns));
      float[] expected =
          ((Tensor) new Interpreter().run(graph, List.of(inputs.get("x"), inputs.get("r"))).getFirst()).toFloats();
      for (BuildOptions.Precision precision : List.of(
          BuildOptions.Precision.FP32, BuildOptions.Precision.FP16, BuildOptions.Precision.BF16)) {
        checkClose(graph, precision, inputs, expected);
      }
    }
  }

  private static void checkClose(
      Graph graph, BuildOptions.Precision precision, Map<String, Tensor> inputs, float[] expected) {
    DType type = switch (precision) {
      case FP16 -> DType.FLOAT16;
      case BF16 -> DType.BFLOAT16;
      default -> DType.FLOAT32;
    };
    double largest = 1;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    double allowed = new Float8MatMul(1, type).tolerance(type).absoluteEpsilons() * type.epsilon() * largest;
    float[] actual = run(graph, precision, inputs, "cuda.cublas_matmul");
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as("%s, element %d", precision, i)
          .isBetween(expected[i] - allowed, expected[i] + allowed);
    }
  }

  private static float[] run(
      Graph graph, BuildOptions.Precision precision, Map<String, Tensor> inputs, String tactic) {
    BuildOptions options = BuildOptions.defaults().withPrecision(precision);
    try (Engine engine = Engine.of(new Builder(backend, options).build(graph).plan(), backend);
        ExecutionContext context = engine.newContext()) {
      assertThat(context.profile(inputs)).extracting(StepTime::tactic)
          .contains("cuda.float8_elements", tactic).doesNotContain("reference");
      return context.run(inputs).get("y").toFloats();
    }
  }

  @Test
  void roundsAsTheReferenceDoes() {
    Graph graph = GraphParser.parse("""
        graph test {
          input x: float32[3, 1001]
          constant s: float32[] = {0.037}
          q = QuantizeLinear(x, s) {output_dtype = 17}
          y = DequantizeLinear(q, s)
          output "y" = y
        }
        """, Operators::get);
    Tensor x = Tensor.allocate(DType.FLOAT32, 3, 1001);
    for (long i = 0; i < x.elementCount(); i++) {
      x.setDouble(i, (random.nextDouble() - 0.5) * Math.scalb(1.0, random.nextInt(-14, 8)));
    }
    double[] special =
        {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 448 * 0.037, 1e30, -1e-30};
    for (int i = 0; i < special.length; i++) {
      x.setDouble(i, special[i]);
    }
    float[] expected = ((Tensor) new Interpreter().run(graph, List.of(x)).getFirst()).toFloats();
    assertThat(run(graph, BuildOptions.Precision.FP32, Map.of("x", x), "cuda.float8_elements"))
        .containsExactly(expected);
  }
}
