package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.runtime.StepTime;
import dev.slipway.runtime.StepWork;
import dev.slipway.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepProfileTest {
  private static final StepTime FAST = step("fast", "Conv", "1x2 -> 1x2", 20_000_000, 200_000);
  private static final StepTime SLOW = step("slow", "Gemm", "3x4 -> 3x5", 20_000_000, 400_000);
  private static final StepTime SMALL = step("small", "Gemm", "1x1 -> 1x1", 1_000, 400_000);
  private static final StepTime MOVED = step("moved", "Transpose", "1x2 -> 2x1", 0, 1_000_000);

  private static StepTime step(String node, String op, String shapes, long flops, long nanos) {
    return new StepTime(
        new StepWork(node, op, "t", "", shapes, DType.FLOAT32, flops, flops, 0, 0, 0), 0, nanos);
  }

  @Test
  void listsWhatLagsBehindThePeak() {
    List<String> lines = new StepProfile(List.of(List.of(FAST, SLOW, SMALL, MOVED)), 100e9, 1).lines();

    assertThat(lines).containsExactly(
        "node   operator   tactic  shapes      MFLOP      us     %  GFLOP/s  of peak",
        "fast   Conv       t       1x2 -> 1x2  20.00   200.0  10.0    100.0    100.0",
        "slow   Gemm       t       3x4 -> 3x5  20.00   400.0  20.0     50.0     50.0",
        "small  Gemm       t       1x1 -> 1x1   0.00   400.0  20.0      0.0      0.0",
        "moved  Transpose  t       1x2 -> 2x1   0.00  1000.0  50.0",
        "steps 4, together 2.000 ms, peak of one core 100.0 GFLOP/s",
        "products and convolutions of 10 MFLOP and more: 2, below 85 % of the peak: 1",
        "  slow t 3x4 -> 3x5: 50 %");
  }

  @Test
  void takesTheMedianOfRunsAndThePeakOfAllCores() {
    StepTime disturbed = step("fast", "Conv", "1x2 -> 1x2", 20_000_000, 900_000);

    assertThat(new StepProfile(List.of(List.of(FAST), List.of(disturbed), List.of(FAST)), 100e9, 2).lines().get(1))
        .endsWith("20.00  200.0  100.0    100.0     50.0");
  }

  @Test
  void saysThatThePeakIsUnknown() {
    assertThat(new StepProfile(List.of(List.of(FAST)), Double.NaN, 1).lines())
        .contains("steps 1, together 0.200 ms, peak of one core unknown GFLOP/s");
  }
}
