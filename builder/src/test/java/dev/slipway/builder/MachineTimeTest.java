package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MachineTimeTest {
  @Test
  void readsStolenTicks() {
    assertThat(MachineTime.stolenTicks("cpu  3 4 5 6 7 8 9 1234 0 0\ncpu0 1 1 1 1 1 1 1 99 0 0\n")).isEqualTo(1234);
    assertThat(MachineTime.stolenTicks("cpu  1 2 3 4\n")).isZero();
    assertThat(MachineTime.stolenTicks("")).isZero();
  }

  @Test
  void readsInvoluntarySwitches() {
    assertThat(MachineTime.involuntarySwitches("voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t17\n"))
        .isEqualTo(17);
    assertThat(MachineTime.involuntarySwitches("Name:\tjava\n")).isZero();
  }

  @Test
  void neverGoesBack() {
    try (MachineTime time = new MachineTime()) {
      long before = time.disturbances();
      assertThat(time.disturbances()).isGreaterThanOrEqualTo(before).isNotNegative();
      assertThat(time.compilationMillis()).isNotNegative();
    }
  }
}
