package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.backend.Peaks;
import dev.slipway.runtime.RunTime;
import dev.slipway.runtime.StepTime;
import dev.slipway.runtime.StepWork;
import dev.slipway.tensor.DType;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ModelProfileTest {
  private static final StepWork CONV = work("conv<1>", "Conv", 2_000_000);
  private static final StepWork MOVE = work("move", "Transpose", 0);

  private static StepWork work(String node, String operator, long flops) {
    return new StepWork(node, operator, "t", "", "", DType.FLOAT32, flops, flops / 2, flops, 0, 4000, 4000);
  }

  /** A run of two steps, with copies of a microsecond around them. */
  private static RunTime run(long start, long scale) {
    return new RunTime(
        start,
        100 * scale,
        List.of(new StepTime(CONV, 10 * scale, 60 * scale), new StepTime(MOVE, 70 * scale, 20 * scale)),
        List.of(
            new RunTime.CopyTime(true, 64, 5 * scale, 5 * scale),
            new RunTime.CopyTime(false, 32, 92 * scale, 3 * scale)));
  }

  private static final ProfiledRuns RUNS = new ProfiledRuns(
      List.of(new ProfiledRuns.StreamRuns(
          List.of(run(1_000_000, 1000), run(2_000_000, 3000), run(3_000_000, 2000)), new long[] {190_000, 200_000}, 64)),
      Disturbance.between(MachineState.now(), MachineState.now(), new long[] {1}));

  private static ModelProfile profile() {
    return ModelProfile.of("m & n", "device", "fp32", 1, RUNS, work -> new Roof(0.06, Bound.COMPUTE));
  }

  @Test
  void takesMedians() {
    ModelProfile profile = profile();
    assertThat(profile.millis()).isEqualTo(0.2);
    assertThat(profile.plainMillis()).isEqualTo(0.195);
    assertThat(profile.layers()).extracting(LayerProfile::millis).containsExactly(0.12, 0.04);
    assertThat(profile.layers().getFirst().share()).isEqualTo(0.6);
    assertThat(profile.layers().getFirst().roofPercent()).isEqualTo(50);
  }

  @Test
  void namesTheRest() {
    assertThat(profile().rest()).containsExactly(
        Map.entry("inputs", 0.01),
        Map.entry("copies to the device", 0.01),
        Map.entry("copies to the host", 0.006),
        Map.entry("between steps", 0.004),
        Map.entry("outputs", 0.01));
    double rest = profile().rest().values().stream().mapToDouble(Double::doubleValue).sum();
    assertThat(profile().layerMillis() + rest).isCloseTo(profile().millis(), within(1e-9));
  }

  @Test
  void tracesStepsAndCopies() {
    List<?> events = (List<?>) TraceEvents.of(profile(), RUNS).get("traceEvents");
    assertThat(events).hasSize(3 + 3 * (1 + 2 + 2));
    Map<?, ?> first = (Map<?, ?>) events.stream()
        .filter(event -> ((Map<?, ?>) event).get("name").equals("conv<1>"))
        .findFirst()
        .orElseThrow();
    assertThat(first.get("ph")).isEqualTo("X");
    assertThat(first.get("ts")).isEqualTo(10.0);
    assertThat(first.get("dur")).isEqualTo(60.0);
    assertThat(first.get("tid")).isEqualTo(1);
  }

  @Test
  void drawsWellFormedSvg() throws Exception {
    Peaks peaks = new Peaks(
        List.of(new Peaks.Compute("FMA", DType.FLOAT32, 1, 100e9)),
        List.of(new Peaks.Memory("L2", 1 << 20, 1, 5e10), new Peaks.Memory("memory", Long.MAX_VALUE, 1, 1e10)),
        1000);
    String svg = RooflinePlot.svg(profile(), new Roofline(peaks, 1, 8000));
    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    assertThat(svg).contains("conv&lt;1&gt; (Conv): 120.0 us", "FMA float32", "L2").doesNotContain("move", "NaN");
  }
}
