package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Peaks;
import dev.slipway.tensor.DType;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeakMeasurementTest {

  @Test
  void measuresWhereMachineCodeRuns() {
    try (WorkerPool pool = new WorkerPool(2)) {
      Optional<Peaks> peaks = PeakMeasurement.measure(pool);
      assertThat(peaks.isPresent()).isEqualTo(Isa.best().isPresent());
      peaks.ifPresent(PeakMeasurementTest::assertPlausible);
    }
  }

  private static void assertPlausible(Peaks peaks) {
    for (int threads = 1; threads <= 2; threads++) {
      assertThat(peaks.compute(DType.FLOAT32, threads).orElseThrow().perSecond()).isBetween(1e8, 1e12);
      assertThat(peaks.memory(threads).getLast().level()).isEqualTo("memory");
      assertThat(peaks.memory(threads)).allSatisfy(level -> assertThat(level.bytesPerSecond()).isBetween(1e7, 1e13));
    }
    assertThat(peaks.launchNanos()).isPositive();
  }
}
