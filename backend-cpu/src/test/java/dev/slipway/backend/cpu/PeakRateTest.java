package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PeakRateTest {

  @Test
  void isMeasuredWhereMachineCodeRuns() {
    assertThat(PeakRate.measure().isPresent()).isEqualTo(Isa.best().isPresent());
    PeakRate.measure().ifPresent(peak -> assertThat(peak).isBetween(1e9, 1e12));
  }
}
