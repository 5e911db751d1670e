package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.SlipwayException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class WinogradConvTacticTest {
  /** That of a convolution. */
  private static final double TOLERANCE = 132;

  private static final WorkerPool POOL = new WorkerPool(1);
  private static final WinogradConvTactic TACTIC = new WinogradConvTactic(POOL, new VectorMicroKernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void convolvesContiguousImages() {
    Cases.each(20, (random, arena) -> {
      int channels = Cases.oneOf(random, 16, 20);
      int outputs = Cases.oneOf(random, 16, 33);
      check(random, 3, 1, channels, outputs)
          .withConstant(TacticCheck.floats(random, outputs))
          .run(TACTIC, arena);
    });
  }

  @Test
  void refusesOtherKernels() {
    assertThat(check(new Random(1), 5, 1, 16, 16).refusal(TACTIC)).isEqualTo("kernel 5x5 (expected: 3x3)");
    assertThat(check(new Random(1), 3, 2, 16, 16).refusal(TACTIC)).isEqualTo("strides [2, 2] (expected: [1, 1])");
    assertThat(check(new Random(1), 3, 1, 1, 1).refusal(TACTIC))
        .isEqualTo("a layer that a direct convolution is predicted to compute faster");
  }

  @Test
  void offersWhatToleratesItsError() {
    assertThat(WinogradLimit.allows(Winograd.F2, 2048, TOLERANCE)).isTrue();
    assertThat(WinogradLimit.allows(Winograd.F4, 512, TOLERANCE)).isTrue();
    assertThat(WinogradLimit.allows(Winograd.F4, 1024, TOLERANCE)).isFalse();
    assertThat(WinogradLimit.allows(Winograd.F6, 16, TOLERANCE)).isFalse();
  }

  @Test
  void obeysTheProperty() {
    try {
      System.setProperty(WinogradLimit.PROPERTY, "off");
      assertThat(check(new Random(1), 3, 1, 16, 16).refusal(TACTIC)).contains("system property slipway.cpu.winograd");
      System.setProperty(WinogradLimit.PROPERTY, "6");
      assertThat(WinogradLimit.allows(Winograd.F6, 1024, TOLERANCE)).isTrue();
      System.setProperty(WinogradLimit.PROPERTY, "2");
      assertThat(WinogradLimit.allows(Winograd.F4, 16, TOLERANCE)).isFalse();
      System.setProperty(WinogradLimit.PROPERTY, "3");
      assertThatThrownBy(() -> WinogradLimit.allows(Winograd.F4, 16, TOLERANCE))
          .isInstanceOf(SlipwayException.class)
          .hasMessage("system property slipway.cpu.winograd: 3 (expected: auto, off, 2, 4 or 6)");
    } finally {
      System.clearProperty(WinogradLimit.PROPERTY);
    }
  }

  private static TacticCheck check(Random random, int kernel, long stride, int channels, int outputs) {
    Attributes attributes =
        Attributes.of("pads", List.of(1L, 0L, 2L, 1L)).with("strides", List.of(stride, stride));
    return TacticCheck.of("Conv", attributes)
        .with(TacticCheck.floats(random, 1 + random.nextInt(2), channels, 20 + random.nextInt(9), 21 + random.nextInt(9)))
        .withConstant(TacticCheck.floats(random, outputs, channels, kernel, kernel));
  }
}
