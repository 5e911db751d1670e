package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {
  @ParameterizedTest
  @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1.00 KiB", "1572864, 1.50 MiB"})
  void scalesBytes(double bytes, String expected) {
    assertThat(Quantity.bytes(bytes)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"512, 512", "2k, 2048", "1.5GiB, 1610612736", "3 MB, 3145728"})
  void parsesBytes(String text, long expected) {
    assertThat(Quantity.parseBytes("--memory-limit", text)).isEqualTo(expected);
  }

  @Test
  void scalesCounts() {
    assertThat(Quantity.count(999)).isEqualTo("999");
    assertThat(Quantity.count(1_600_000)).isEqualTo("1.60 M");
  }
}
