package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RepairsTest {
  private static final Graph CONVOLUTIONS = Networks.parse("""
      graph convolutions {
        input x: float32[1, 3, 9, 9]
        a = Conv(x, w[8, 3, 3, 3], b[8]) {pads = [1, 1, 1, 1], strides = [2, 2]} "first"
        r = Relu(a)
        c = Conv(r, w[8, 1, 3, 3], b[8]) {group = 8, pads = [1, 0, 1, 0]} "depthwise"
        s = Relu(c)
        d = Conv(s, w[6, 8, 1, 1], _) "last"
        output y = d
      }
      """);

  private static final Graph PRODUCTS = Networks.parse("""
      graph products {
        input x: float32[1, 5, 8]
        wide = Mul(x, w[8])
        a = MatMul(wide, w[8, 8]) "query"
        c = MatMul(wide, w[8, 8]) "key"
        s = Add(a, c)
        r = Relu(s)
        d = MatMul(r, w[8, 4]) "last"
        output y = d
      }
      """);

  private static final Graph TRANSFORMER = Networks.parse("""
      graph transformer {
        input x: float32[1, 5, 8]
        n = LayerNormalization(x, w[8], b[8])
        a = MatMul(n, w[8, 8]) "query"
        c = MatMul(a, w[8, 8]) "low"
        s = Add(c, n)
        m = RMSNormalization(s, w[8])
        d = MatMul(m, w[8, 4]) "last"
        output y = d
      }
      """);

  @Test
  void equalizationChangesNothingInFloat() {
    EditedGraph edited = CrossLayerEqualization.apply(plan(CONVOLUTIONS));
    assertThat(edited.layers()).isEqualTo(3);
    assertSame(CONVOLUTIONS, edited.graph());
    float[] before = weights(CONVOLUTIONS, "first");
    assertThat(weights(edited.graph(), "first")).isNotEqualTo(before);
  }

  @Test
  void equalizationStopsAtWhatIsNotHomogeneous() {
    Graph clipped = Networks.parse("""
        graph clipped {
          input x: float32[1, 3, 4, 4]
          a = Conv(x, w[4, 3, 1, 1], _) "first"
          g = Sigmoid(a)
          c = Conv(g, w[2, 4, 1, 1], _) "second"
          output y = c
        }
        """);
    assertThat(CrossLayerEqualization.apply(plan(clipped)).layers()).isZero();
  }

  @Test
  void smoothingGoesIntoNormalizations() {
    SmoothQuant smooth = SmoothQuant.of(
        plan(TRANSFORMER), CalibrationData.of(Networks.samples(TRANSFORMER, 4, 1)), GraphExecutor.reference());
    EditedGraph edited = smooth.apply(0.5);
    assertThat(edited.layers()).isEqualTo(3);
    assertSame(TRANSFORMER, edited.graph());
    List<String> operators = edited.graph().nodes().stream().map(node -> node.op().schema().name()).toList();
    assertThat(operators).filteredOn("Mul"::equals).as("of the residual and of low's input").hasSize(2);
    assertThat(operators).filteredOn(name -> name.endsWith("Normalization")).hasSize(2);
    assertThat(producer(edited.graph(), "query")).isEqualTo("LayerNormalization");
    assertThat(producer(edited.graph(), "low")).isEqualTo("Mul");
    assertThat(producer(edited.graph(), "last")).isEqualTo("RMSNormalization");
  }

  @Test
  void smoothingChangesNothingInFloat() {
    SmoothQuant smooth = SmoothQuant.of(
        plan(PRODUCTS), CalibrationData.of(Networks.samples(PRODUCTS, 4, 1)), GraphExecutor.reference());
    for (double alpha : SmoothQuant.ALPHAS) {
      EditedGraph edited = smooth.apply(alpha);
      assertThat(edited.layers()).isEqualTo(3);
      assertSame(PRODUCTS, edited.graph());
      assertThat(edited.graph().nodes()).filteredOn(node -> node.op().schema().name().equals("Mul")).hasSize(3);
    }
  }

  @Test
  void eachRepairReportsItsGain() {
    for (Graph graph : List.of(CONVOLUTIONS, PRODUCTS)) {
      CalibrationData data = CalibrationData.of(Networks.samples(graph, 16, 1));
      QuantizationOptions options = QuantizationOptions.defaults().withRepairs(EnumSet.allOf(Repair.class));
      QuantizedModel plain = new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference())
          .quantize(graph, data);
      QuantizedModel repaired = new Quantizer(options, GraphExecutor.reference()).quantize(graph, data);
      assertThat(repaired.gains()).extracting(RepairGain::repair).containsExactly(Repair.values());
      double before = signalToNoise(plain, graph, data);
      double after = signalToNoise(repaired, graph, data);
      assertThat(repaired.gains().getFirst().before()).isCloseTo(before, within(1e-9));
      assertThat(after).isGreaterThan(before);
    }
  }

  @Test
  void roundingLowersTheErrorOfALayer() {
    CalibrationData data = CalibrationData.of(Networks.samples(CONVOLUTIONS, 16, 1));
    Quantizer quantizer = new Quantizer(
        QuantizationOptions.defaults().withRepairs(Set.of(Repair.ROUND)), GraphExecutor.reference());
    RepairGain gain = quantizer.quantize(CONVOLUTIONS, data).gains().getFirst();
    assertThat(gain.layers()).isEqualTo(3);
    assertThat(gain.isKept()).isTrue();
  }

  @Test
  void correctedBiasesKeepTheMeans() {
    CalibrationData data = CalibrationData.of(Networks.samples(CONVOLUTIONS, 64, 1));
    QuantizedModel model = new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference())
        .quantize(CONVOLUTIONS, data);
    Layer last = model.plan().layers().getLast();
    InputMoments moments =
        InputMoments.of(model, List.of(last), data, GraphExecutor.reference()).get(last.name());
    Channels weights = Channels.of(last.weights(model.plan().graph()), 0);
    LayerParameters parameters = model.parameters().layers().get(last.name());
    LayerParameters corrected = BiasCorrection.correct(weights, parameters, moments);
    assertThat(corrected.bias()).hasSize(6);
    for (int channel = 0; channel < 6; channel++) {
      double shift = 0;
      for (int i = 0; i < 8; i++) {
        int index = channel * 8 + i;
        shift += parameters.levels()[index] * (double) parameters.scale(channel) * moments.rounded()[0][i]
            - weights.values()[index] * moments.exact()[0][i];
      }
      assertThat((double) corrected.bias()[channel]).isCloseTo(-shift, within(1e-6));
    }
  }

  @Test
  void readsPatchesAsConvolutionsDo() {
    Layer layer = plan(CONVOLUTIONS).layers().getFirst();
    InputVectors vectors = InputVectors.of(CONVOLUTIONS, layer).orElseThrow();
    Map<String, Tensor> sample = Networks.samples(CONVOLUTIONS, 1, 5).getFirst();
    float[] input = sample.get("x").toFloats();
    float[] expected = Networks.run(
        CONVOLUTIONS.withOutputs(Map.of("a", layer.node().output())), sample);
    float[] bias = layer.bias(CONVOLUTIONS).orElseThrow().toFloats();
    float[] weights = weights(CONVOLUTIONS, "first");
    long[] dims = sample.get("x").dims();
    assertThat(vectors.positions(dims)).isEqualTo(25);
    float[] vector = new float[vectors.length()];
    for (int channel = 0; channel < 8; channel++) {
      for (int position = 0; position < 25; position++) {
        vectors.read(input, dims, 0, position, vector);
        double sum = bias[channel];
        for (int i = 0; i < vector.length; i++) {
          sum += vector[i] * (double) weights[vectors.weightIndex(channel, i)];
        }
        assertThat((float) sum).isCloseTo(expected[channel * 25 + position], within(1e-4f));
      }
    }
  }

  @Test
  void readsNames() {
    assertThat(Repair.parse(List.of("all"))).isEqualTo(EnumSet.allOf(Repair.class));
    assertThat(Repair.parse(List.of("none"))).isEmpty();
    assertThat(Repair.parse(List.of("round", "bias"))).containsExactly(Repair.ROUND, Repair.CORRECT_BIAS);
    assertThatThrownBy(() -> Repair.parse(List.of("rounding")))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("repair: rounding (expected: all, none or some of [equalize, smooth, round, bias])");
  }

  private static double signalToNoise(QuantizedModel model, Graph exact, CalibrationData data) {
    return new Sensitivity(model, GraphExecutor.reference(), line -> {}).whole(exact, Repairs.measured(data));
  }

  private static QuantizationPlan plan(Graph graph) {
    return QuantizationPlan.of(graph, Set.of());
  }

  private static float[] weights(Graph graph, String layer) {
    return graph.constant(graph.node(layer).orElseThrow().input(1)).orElseThrow().toFloats();
  }

  private static String producer(Graph graph, String layer) {
    return graph.producer(graph.node(layer).orElseThrow().input(0)).orElseThrow().op().schema().name();
  }

  private static void assertSame(Graph expected, Graph actual) {
    for (Map<String, Tensor> sample : Networks.samples(expected, 3, 9)) {
      assertThat(Networks.run(actual, sample)).containsExactly(Networks.run(expected, sample), within(1e-4f));
    }
  }
}
