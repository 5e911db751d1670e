package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Operators;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class QuantizedLoweringTest {
  private static final float STEP = 0.05f;

  /** A graph on one float input, whose activations are quantised one after the other. */
  private static final class Network {
    private final GraphBuilder builder = new GraphBuilder("g");
    private final Random random;
    private final DType bytes;

    Network(Random random) {
      this.random = random;
      bytes = random.nextBoolean() ? DType.UINT8 : DType.INT8;
    }

    ValueId input(long... dims) {
      return builder.input("x", TensorType.of(DType.FLOAT32, dims));
    }

    /** Through bytes of a scale. */
    ValueId rounded(ValueId x, float step) {
      ValueId scale = constant(Tensor.scalar(step));
      ValueId zero = constant(Tensor.scalar(bytes, bytes == DType.UINT8 ? 120 : -8));
      return builder.add(new DequantizeLinear(1), builder.add(new QuantizeLinear(1), x, scale, zero), scale, zero);
    }

    /** Weights with a scale for each index of an axis. */
    ValueId weights(int axis, long... dims) {
      Tensor scale = Tensor.allocate(DType.FLOAT32, dims[axis]);
      for (long i = 0; i < dims[axis]; i++) {
        scale.setDouble(i, 0.002 + 0.002 * random.nextFloat());
      }
      return builder.add(
          new DequantizeLinear(axis), constant(random(DType.INT8, dims)), constant(scale));
    }

    Tensor random(DType dtype, long... dims) {
      Tensor tensor = Tensor.allocate(dtype, dims);
      for (long i = 0; i < tensor.elementCount(); i++) {
        tensor.setDouble(i, dtype.isFloat() ? random.nextDouble() * 8 - 4 : random.nextInt(256) - 128);
      }
      return tensor;
    }

    ValueId constant(Tensor tensor) {
      return builder.constant("c" + random.nextInt(), tensor);
    }

    ValueId add(String name, Attributes attributes, ValueId... inputs) {
      Op op = Operators.get(name).create(attributes);
      return builder.add(op, inputs);
    }

    Graph graph(ValueId output) {
      return builder.output("y", output).build();
    }
  }

  /** Lowers the graph, which then has these operators. */
  private static void check(Graph graph, int stepsApart, Random random, String... operators) {
    check(graph, graph, stepsApart, random, operators);
  }

  /** Lowers another form of the graph. */
  private static void check(Graph graph, Graph form, int stepsApart, Random random, String... operators) {
    Graph lowered = QuantizedLowering.lower(form, new Reasons());
    assertThat(lowered.nodes().stream().map(node -> node.op().schema().name())).containsExactly(operators);
    TensorType input = graph.tensorType(graph.inputs().getFirst());
    Tensor x = Tensor.allocate(input);
    for (long i = 0; i < x.elementCount(); i++) {
      x.setDouble(i, random.nextDouble() * 8 - 4);
    }
    double[] expected = ((Tensor) new Interpreter().run(graph, List.of(x)).getFirst()).toDoubles();
    double[] actual = ((Tensor) new Interpreter().run(lowered, List.of(x)).getFirst()).toDoubles();
    int differences = 0;
    for (int i = 0; i < expected.length; i++) {
      double steps = Math.abs(actual[i] - expected[i]) / STEP;
      assertThat(steps).as("element %d", i).isLessThan(stepsApart + 0.01);
      differences += steps > 0.5 ? 1 : 0;
    }
    assertThat(differences).isLessThanOrEqualTo(expected.length / 50 + 1);
  }

  private static void each(Consumer<Random> test) {
    for (int seed = 0; seed < 8; seed++) {
      test.accept(new Random(seed));
    }
  }

  @Test
  void convolutionsBoundAndRoundInOneOperator() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(1, 5, 7, 8), 0.03f);
      ValueId bias = net.constant(net.random(DType.FLOAT32, 6));
      ValueId y = net.add("Conv", Attributes.of("pads", List.of(1L, 1L, 1L, 1L)), x, net.weights(0, 6, 5, 3, 3), bias);
      y = net.rounded(net.add("Relu", Attributes.NONE, y), STEP);
      check(net.graph(y), 1, random, "QuantizeLinear", "QuantizedConv", "DequantizeLinear");
    });
  }

  @Test
  void matrixProducts() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(4, 9), 0.03f);
      ValueId y = net.rounded(net.add("Gemm", Attributes.of("transB", 1), x, net.weights(0, 6, 9)), STEP);
      check(net.graph(y), 1, random, "QuantizeLinear", "QuantizedMatMul", "DequantizeLinear");
    });
  }

  @Test
  void roundingMovesBeforeWhatOnlyMoves() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(1, 4, 6, 6), 0.03f);
      List<ValueId> parts = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        parts.add(net.add("Conv", Attributes.NONE, x, net.weights(0, 3, 4, 1, 1)));
      }
      ValueId joined = net.add("Concat", Attributes.of("axis", 1), parts.get(0), parts.get(1));
      ValueId pooled = net.add("MaxPool", Attributes.of("kernel_shape", List.of(2L, 2L)), joined);
      check(net.graph(net.rounded(pooled, STEP)), 1, random, "QuantizeLinear", "QuantizedConv", "QuantizedConv",
          "Concat", "MaxPool", "DequantizeLinear");
    });
  }

  @Test
  void functionsOfOneByteAreTables() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(2, 50), 0.04f);
      ValueId gate = net.rounded(net.add("Sigmoid", Attributes.NONE, x), 0.004f);
      ValueId y = net.rounded(net.add("Mul", Attributes.NONE, x, gate), STEP);
      check(net.graph(y), 0, random, "QuantizeLinear", "TableLookup", "DequantizeLinear");
    });
  }

  @Test
  void sumsAndProductsOfTwo() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(1, 2, 4, 4), 0.03f);
      ValueId a = net.rounded(net.add("Conv", Attributes.NONE, x, net.weights(0, 2, 2, 1, 1)), 0.02f);
      ValueId sum = net.rounded(net.add("Relu", Attributes.NONE, net.add("Add", Attributes.NONE, a, x)), STEP);
      check(net.graph(sum), 1, random, "QuantizeLinear", "QuantizedConv", "QuantizedAdd", "DequantizeLinear");
    });
  }

  @Test
  void activationsAndResidualsFollowInTheSameKernel() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(1, 2, 4, 4), 0.03f);
      ValueId y = net.add("Conv", Attributes.NONE, x, net.weights(0, 2, 2, 1, 1));
      ValueId gated = net.add("Mul", Attributes.NONE, y, net.add("Sigmoid", Attributes.NONE, y));
      ValueId sum = net.rounded(net.add("Add", Attributes.NONE, gated, x), STEP);
      check(net.graph(sum), 1, random, "QuantizeLinear", "Fused", "DequantizeLinear");
    });
  }

  @Test
  void biasesOfMatrixProductsAreOffsets() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(2, 4, 9), 0.03f);
      ValueId y = net.add("MatMul", Attributes.NONE, x, net.weights(1, 9, 6));
      y = net.add("Add", Attributes.NONE, y, net.constant(net.random(DType.FLOAT32, 6)));
      check(net.graph(net.rounded(y, STEP)), 1, random, "QuantizeLinear", "QuantizedMatMul", "DequantizeLinear");
    });
  }

  @Test
  void meansAreSums() {
    each(random -> {
      Network net = new Network(random);
      ValueId x = net.rounded(net.input(1, 3, 5, 4), 0.03f);
      ValueId y = net.rounded(net.add("GlobalAveragePool", Attributes.NONE, x), STEP);
      check(net.graph(y), 1, random, "QuantizeLinear", "QuantizedConv", "DequantizeLinear");
    });
  }

  @Test
  void floatsThatAreReadElsewhereStay() {
    Random random = new Random(1);
    Network net = new Network(random);
    ValueId x = net.rounded(net.input(1, 2, 4, 4), 0.03f);
    ValueId y = net.add("Conv", Attributes.NONE, x, net.weights(0, 2, 2, 1, 1));
    ValueId sum = net.add("Add", Attributes.NONE, net.rounded(y, STEP), y);
    check(net.graph(sum), 1, random, "QuantizeLinear", "QuantizedConv", "QuantizeLinear", "DequantizeLinear", "Add");
  }

  @Test
  void linearOperatorsAreIntegerOnes() {
    each(random -> {
      Network net = new Network(random);
      ValueId scale = net.constant(Tensor.scalar(0.03f));
      ValueId zero = net.constant(Tensor.scalar(DType.UINT8, 120));
      ValueId step = net.constant(Tensor.scalar(STEP));
      ValueId x = net.add("QuantizeLinear", Attributes.NONE, net.input(1, 8, 6, 7), scale, zero);
      ValueId y = net.add(
          "QLinearConv",
          Attributes.of("group", 2),
          x,
          scale,
          zero,
          net.constant(net.random(DType.INT8, 6, 4, 3, 3)),
          net.constant(Tensor.of(new float[] {0.002f, 0.003f, 0.004f, 0.002f, 0.003f, 0.001f}, 6)),
          net.constant(Tensor.allocate(DType.INT8, 6)),
          step,
          zero,
          net.constant(net.random(DType.INT32, 6)));
      ValueId product = net.add(
          "QLinearMatMul",
          Attributes.NONE,
          y,
          step,
          zero,
          net.constant(net.random(DType.INT8, 5, 9)),
          net.constant(Tensor.scalar(0.004f)),
          net.constant(Tensor.scalar(DType.INT8, 0)),
          step,
          zero);
      Graph graph = net.graph(net.add("DequantizeLinear", Attributes.NONE, product, step, zero));
      check(graph, QLinearProducts.expand(graph), 1, random, "QuantizeLinear", "QuantizedConv", "QuantizedMatMul",
          "DequantizeLinear");
    });
  }

  @Test
  void weightsOfOperatorsThatStayAreConstants() {
    Random random = new Random(3);
    Network net = new Network(random);
    ValueId x = net.rounded(net.input(1, 4, 6, 6), 0.03f);
    ValueId y = net.add("ConvTranspose", Attributes.NONE, x, net.weights(1, 4, 3, 2, 2));
    check(net.graph(y), 0, random, "QuantizeLinear", "DequantizeLinear", "ConvTranspose");
  }

  @Test
  void graphsInFloatStay() {
    Network net = new Network(new Random(0));
    Graph graph = net.graph(net.add("Relu", Attributes.NONE, net.input(3)));
    assertThat(QuantizedLowering.lower(graph, new Reasons())).isSameAs(graph);
  }
}
