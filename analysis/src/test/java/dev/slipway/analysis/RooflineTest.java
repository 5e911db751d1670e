package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.backend.Peaks;
import dev.slipway.runtime.StepWork;
import dev.slipway.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class RooflineTest {
  /** 100 GFLOP/s, an L2 of 1 MB at 100 GB/s, memory at 10 GB/s, 5 us to begin. */
  private static final Peaks PEAKS = new Peaks(
      List.of(
          new Peaks.Compute("FMA", DType.FLOAT32, 1, 100e9),
          new Peaks.Compute("VNNI", DType.INT8, 1, 400e9),
          new Peaks.Compute("AMX", DType.INT8, 1, 800e9)),
      List.of(
          new Peaks.Memory("memory", Long.MAX_VALUE, 1, 10e9),
          new Peaks.Memory("L2", 1_000_000, 1, 100e9)),
      5_000);
  private static final Roofline ROOFLINE = new Roofline(PEAKS, 1, 5_000_000);

  private static StepWork work(DType arithmetic, long flops, long weightBytes, long activationBytes) {
    return new StepWork(
        "a+b", "Conv", "t", "", "", arithmetic, flops, flops / 2, flops, weightBytes, weightBytes + activationBytes, 0);
  }

  @Test
  void boundsArithmeticByItsPeak() {
    assertThat(ROOFLINE.of(work(DType.FLOAT32, 200_000_000, 0, 0))).isEqualTo(new Roof(2, Bound.COMPUTE));
  }

  @Test
  void takesTheFastestUnitOfAType() {
    assertThat(ROOFLINE.of(work(DType.INT8, 800_000_000, 0, 0)).millis()).isEqualTo(1);
  }

  @Test
  void takesFloat32WhereATypeHasNoPeak() {
    assertThat(ROOFLINE.of(work(DType.FLOAT16, 200_000_000, 0, 0)).millis()).isEqualTo(2);
  }

  @Test
  void hasWeightsComeFromWhereTheRunFits() {
    Roof roof = ROOFLINE.of(work(DType.FLOAT32, 1_000, 100_000, 100_000));
    assertThat(roof.bound()).isEqualTo(Bound.MEMORY);
    assertThat(roof.millis()).isCloseTo(0.010 + 0.001, within(1e-12));
  }

  @Test
  void hasActivationsComeFromWhereTheStepFits() {
    Roof near = ROOFLINE.of(work(DType.FLOAT32, 1_000, 0, 900_000));
    assertThat(near.bound()).isEqualTo(Bound.L2);
    assertThat(near.millis()).isCloseTo(0.009, within(1e-12));
    assertThat(ROOFLINE.of(work(DType.FLOAT32, 1_000, 0, 2_000_000)).bound()).isEqualTo(Bound.MEMORY);
  }

  @Test
  void boundsSmallStepsByTheLaunch() {
    assertThat(ROOFLINE.of(work(DType.FLOAT32, 1_000, 0, 1_000))).isEqualTo(new Roof(0.005, Bound.LATENCY));
  }

  @Test
  void saysThatTheRoofIsUnknown() {
    Roof roof = new Roofline(PEAKS, 2, 1_000).of(work(DType.FLOAT32, 1_000, 0, 1_000));
    assertThat(roof.bound()).isEqualTo(Bound.UNKNOWN);
    LayerProfile layer = new LayerProfile(work(DType.FLOAT32, 1_000, 0, 1_000), 1, 0.5, roof);
    assertThat(layer.json()).containsEntry("bound", "unknown").doesNotContainKey("roofPercent");
  }

  @Test
  void namesTheNodesOfTheModel() {
    LayerProfile layer = new LayerProfile(work(DType.FLOAT32, 2_000, 0, 1_000), 2, 0.5, new Roof(1, Bound.COMPUTE));
    assertThat(layer.origins()).containsExactly("a", "b");
    assertThat(layer.roofPercent()).isEqualTo(50);
    assertThat(layer.intensity()).isEqualTo(2);
    assertThat(layer.json()).containsKeys("name", "operator", "tactic", "precision", "ms", "share", "flops", "bytesRead",
        "bytesWritten", "intensity", "flopsPerSecond", "roofPercent", "bound");
  }
}
