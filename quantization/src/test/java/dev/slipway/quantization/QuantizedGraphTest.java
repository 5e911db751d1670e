package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphVerifier;
import dev.slipway.graph.Node;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Operators;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class QuantizedGraphTest {
  private static final Graph BRANCHES = Networks.parse("""
      graph branches {
        input x: float32[1, 3, 8, 8]
        a = Conv(x, w[4, 3, 3, 3], b[4]) {pads = [1, 1, 1, 1]} "first"
        r = Relu(a)
        p = MaxPool(r) {kernel_shape = [2, 2], strides = [2, 2]}
        c = Conv(p, w[4, 4, 1, 1], b[4]) "left"
        d = Conv(p, w[2, 4, 3, 3], b[2]) {pads = [1, 1, 1, 1]} "right"
        e = Concat(c, d) {axis = 1}
        f = Conv(e, w[6, 6, 1, 1], _) "last"
        s = Add(f, e)
        output y = s
      }
      """);

  @Test
  void putsPairsInFrontOfLayersAndSharesScalesOfMovedData() {
    QuantizedModel model = quantize(BRANCHES, QuantizationOptions.defaults());
    GraphVerifier.verify(model.graph());
    Set<Set<String>> groups = model.plan().groups().stream()
        .map(group -> group.stream().map(id -> BRANCHES.value(id).name()).collect(Collectors.toSet()))
        .collect(Collectors.toSet());
    assertThat(groups).containsExactlyInAnyOrder(Set.of("x"), Set.of("r", "p"), Set.of("c", "d", "e"));
    assertThat(count(model.graph(), QuantizeLinear.class)).isEqualTo(6);
    assertThat(count(model.graph(), DequantizeLinear.class)).isEqualTo(6 + 4 + 3);
    assertThat(model.plan().kept()).isEmpty();
  }

  /** Of a sum of two layers one side is quantised; not where the sum stays float, as that of the second block. */
  @Test
  void quantizesTheFirstSideOfSumsOfLayers() {
    Graph shortcuts = Networks.parse("""
        graph shortcuts {
          input x: float32[1, 4, 8, 8]
          a = Conv(x, w[4, 4, 3, 3], b[4]) {pads = [1, 1, 1, 1]} "branch"
          r = Relu(a)
          c = Conv(x, w[4, 4, 1, 1], b[4]) "shortcut"
          s = Add(c, r)
          t = Relu(s)
          d = Conv(t, w[4, 4, 1, 1], _) "last"
          e = Conv(t, w[4, 4, 1, 1], _) "beside"
          u = Add(d, e)
          output y = u
        }
        """);
    QuantizedModel model = quantize(shortcuts, QuantizationOptions.defaults());
    assertThat(model.plan().values()).extracting(id -> shortcuts.value(id).name()).containsExactly("x", "t", "r");
    assertThat(signalToNoise(shortcuts, model.graph())).isGreaterThan(28);
    QuantizedModel excluded = quantize(shortcuts, QuantizationOptions.defaults().withExcluded(Set.of("branch")));
    assertThat(excluded.plan().values()).extracting(id -> shortcuts.value(id).name()).containsExactly("x", "t");
  }

  @Test
  void staysNearTheFloatGraph() {
    QuantizedModel model = quantize(BRANCHES, QuantizationOptions.defaults());
    assertThat(signalToNoise(BRANCHES, model.graph())).isGreaterThan(28);
  }

  @Test
  void simulatesWithTheSameNumbers() {
    for (var options : List.of(
        QuantizationOptions.defaults(),
        QuantizationOptions.defaults().withPerChannel(false).withPowerOfTwo(true))) {
      QuantizedModel model = quantize(BRANCHES, options);
      Graph simulated = QuantizedGraph.simulated(model.plan(), model.parameters());
      for (Map<String, Tensor> sample : Networks.samples(BRANCHES, 3, 7)) {
        float[] expected = Networks.run(model.graph(), sample);
        float[] actual = Networks.run(simulated, sample);
        assertThat(actual).containsExactly(expected, within(1e-4f));
      }
    }
  }

  @Test
  void takesPowersOfTwoOnRequest() {
    QuantizedModel model = quantize(BRANCHES, QuantizationOptions.defaults().withPowerOfTwo(true));
    model.parameters().values().values().forEach(params ->
        assertThat(params.scale()).isEqualTo(Math.scalb(1f, Math.getExponent(params.scale()))));
    model.parameters().layers().values().forEach(layer -> {
      for (float scale : layer.scales()) {
        assertThat(scale).isEqualTo(Math.scalb(1f, Math.getExponent(scale)));
      }
    });
  }

  @Test
  void leavesExcludedLayersAlone() {
    QuantizedModel model = quantize(BRANCHES, QuantizationOptions.defaults().withExcluded(Set.of("l*t")));
    assertThat(model.plan().layers()).extracting(Layer::name).containsExactly("first", "right");
    assertThat(model.plan().kept()).extracting(KeptFloat::toString)
        .containsExactly("left (Conv): it is excluded", "last (Conv): it is excluded");
  }

  @Test
  void offersNearNamesForUnknownLayers() {
    assertThatThrownBy(() -> quantize(BRANCHES, QuantizationOptions.defaults().withExcluded(Set.of("fist"))))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("layer: fist (expected: a layer with weights; the nearest names are first, last, left)");
  }

  @Test
  void refusesQuantizedModels() {
    Graph quantized = quantize(BRANCHES, QuantizationOptions.defaults()).graph();
    assertThatThrownBy(() -> quantize(quantized, QuantizationOptions.defaults()))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("model branches: quantised already, see node x_QuantizeLinear (QuantizeLinear) (expected: a float"
            + " model; slipway build takes this one as it is)");
  }

  @Test
  void refusesModelsWithoutLayers() {
    Graph relu = GraphParser.parse("""
        graph relu {
          input x: float32[4]
          y = Relu(x)
          output y = y
        }
        """, Operators::get);
    assertThatThrownBy(() -> quantize(relu, QuantizationOptions.defaults()))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("model relu: nothing can be quantised, it has no layer with weights (expected: a float32 Conv, Gemm"
            + " or MatMul with constant weights)");
  }

  @Test
  void keepsGraphOutputsThatLayersReadInFloat() {
    Graph graph = Networks.parse("""
        graph taps {
          input x: float32[1, 4]
          h = MatMul(x, w[4, 8]) "one"
          y = MatMul(h, w[8, 2]) "two"
          output h = h
          output y = y
        }
        """);
    Graph quantized = quantize(graph, QuantizationOptions.defaults()).graph();
    assertThat(quantized.producer(quantized.outputs().get("h")).orElseThrow().name()).isEqualTo("one");
  }

  private static QuantizedModel quantize(Graph graph, QuantizationOptions options) {
    return new Quantizer(options, GraphExecutor.reference())
        .quantize(graph, CalibrationData.of(Networks.samples(graph, 4, 1)));
  }

  private static long count(Graph graph, Class<?> type) {
    return graph.nodes().stream().map(Node::op).filter(type::isInstance).count();
  }

  private static double signalToNoise(Graph expected, Graph actual) {
    double signal = 0;
    double noise = 0;
    for (Map<String, Tensor> sample : Networks.samples(expected, 4, 1)) {
      float[] a = Networks.run(expected, sample);
      float[] b = Networks.run(actual, sample);
      for (int i = 0; i < a.length; i++) {
        signal += a[i] * a[i];
        noise += (a[i] - b[i]) * (a[i] - b[i]);
      }
    }
    return 10 * Math.log10(signal / noise);
  }
}
