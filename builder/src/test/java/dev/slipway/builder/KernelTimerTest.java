package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Relu;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelTimerTest {
  private static final TuningChoice TILE = TuningChoice.of(Map.of("tile", 1));

  private final FakeTime time = new FakeTime();
  private final FakeBackend backend = new FakeBackend(time).with("a", 1, 3_000, 4_000).with("b", 2, 2_000, 4_000);
  private final KernelTimer timer = new KernelTimer(new InterleavedTimer(time, InterleavedTimer.Effort.FAST));

  private List<Plan.Choice> measure(long weights) {
    Tensor constant = Tensor.allocate(DType.FLOAT32, weights);
    KernelRequest request = new KernelRequest(
        new Relu(), List.of(KernelRequest.Argument.of(constant)), List.of(constant.type()), backend.device());
    return timer.measure(request, backend.tactics().stream().map(KernelTimerTest::candidate).toList());
  }

  private static KernelTimer.Candidate candidate(Tactic tactic) {
    return new KernelTimer.Candidate(tactic, TILE, 1);
  }

  @Test
  void givesTheTimesInTheOrderOfTheCandidates() {
    assertThat(measure(10)).extracting(Plan.Choice::micros).containsExactly(3.0, 2.0);
    assertThat(backend.built()).isEqualTo(2);
  }

  @Test
  void largeWeightsAreTakenInTurn() {
    measure(1 << 18);
    assertThat(backend.built()).isEqualTo(2 * 4);
  }

  @Test
  void weightsBeyondTheCacheNeedNoCopies() {
    measure(1 << 21);
    assertThat(backend.built()).isEqualTo(2);
  }
}
