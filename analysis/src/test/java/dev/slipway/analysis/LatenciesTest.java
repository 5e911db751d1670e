package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  @Test
  void percentilesAreNearestRanks() {
    Latencies latencies = new Latencies(LongStream.rangeClosed(1, 200).map(i -> (201 - i) * 1_000_000).toArray());
    assertThat(latencies.millis()).containsEntry("min", 1.0).containsEntry("mean", 100.5).containsEntry("median", 100.5)
        .containsEntry("p90", 180.0).containsEntry("p95", 190.0).containsEntry("p99", 198.0).containsEntry("max", 200.0);
  }

  @Test
  void oneTimeIsAllOfThem() {
    assertThat(new Latencies(new long[] {2_000_000}).millis().values()).containsOnly(2.0);
  }
}
