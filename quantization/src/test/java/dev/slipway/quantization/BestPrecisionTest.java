package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.operators.Conv;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BestPrecisionTest {
  private static final Graph GRAPH = Networks.parse("""
      graph mixed {
        input x: float32[1, 3, 8, 8]
        a = Conv(x, w[8, 3, 3, 3], b[8]) {pads = [1, 1, 1, 1]} "first"
        r = Relu(a)
        c = Conv(r, w[8, 8, 1, 1], b[8]) "second"
        s = Softmax(c) {axis = 1}
        d = Conv(s, w[4, 8, 1, 1], b[4]) "third"
        output y = d
      }
      """);
  private static final BuildOptions BEST = BuildOptions.defaults().withPrecision(BuildOptions.Precision.BEST);
  private static final Backend BACKEND = new CpuBackendProvider().open(BackendOptions.withThreads(1));

  @Test
  void choosesForEachIslandAndSaysWhy() {
    BuildResult result = new Builder(BACKEND, BEST).build(quantized());
    assertThat(result.plan().manifest().precision()).isEqualTo("best");
    for (String layer : List.of("first", "second", "third")) {
      assertThat(result.reasons().get(layer))
          .anyMatch(reason -> reason.matches("precision: its island of \\d+ nodes takes .* us on integers and .*"))
          .anyMatch(reason -> reason.startsWith("precision: the whole model runs "));
    }
    Map<String, Tensor> sample = Networks.samples(GRAPH, 1, 2).getFirst();
    try (Engine engine = Engine.of(result.plan(), BACKEND); ExecutionContext context = engine.newContext()) {
      float[] expected = Networks.run(GRAPH, sample);
      assertThat(context.run(sample).get("y").toFloats()).containsExactly(expected, within(0.15f));
    }
  }

  /** Convolutions of one kind are slowed down by far more than all other kernels of the model take. */
  @Test
  void keepsNoKernelThatIsSlowerThanItsTwin() {
    assertThat(decision(new SlowedBackend(BACKEND, QuantizedConv.class))).startsWith("runs in float32");
    assertThat(decision(new SlowedBackend(BACKEND, Conv.class))).startsWith("runs on integers");
  }

  private static String decision(Backend backend) {
    String start = "precision: the whole model ";
    return new Builder(backend, BEST).build(quantized()).reasons().get("first").stream()
        .filter(reason -> reason.startsWith(start))
        .map(reason -> reason.substring(start.length()))
        .findFirst()
        .orElseThrow();
  }

  private static Graph quantized() {
    CalibrationData data = CalibrationData.of(Networks.samples(GRAPH, 8, 1));
    return new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference()).quantize(GRAPH, data).graph();
  }

  @Test
  void modelsOfFloatsStayAsTheyAre() {
    BuildResult result = new Builder(BACKEND, BEST).build(GRAPH);
    assertThat(result.reasons().values().stream().flatMap(List::stream))
        .noneMatch(text -> text.startsWith("precision"));
  }

  @Test
  void wantsToMeasure() {
    BuildOptions options = BEST.withTuning(BuildOptions.Tuning.OFF);
    assertThatThrownBy(() -> new Builder(BACKEND, options).build(GRAPH))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("precision: best with tuning off (expected: fast or full, because it is measured)");
  }
}
