package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MedianRatioTest {
  private static long[] samples(SplittableRandom random, int count, double around) {
    long[] samples = new long[count];
    for (int i = 0; i < count; i++) {
      samples[i] = (long) (around * (1 + 0.1 * random.nextGaussian()));
    }
    return samples;
  }

  @Test
  void isTheRatioOfMedians() {
    MedianRatio ratio = MedianRatio.of(new long[] {30, 10, 20}, new long[] {80, 10, 40});
    assertThat(ratio.value()).isEqualTo(0.5);
    assertThat(ratio.low()).isLessThanOrEqualTo(0.5);
    assertThat(ratio.high()).isGreaterThanOrEqualTo(0.5);
  }

  @Test
  void meansTheTwoInTheMiddle() {
    assertThat(MedianRatio.of(new long[] {10, 20}, new long[] {30, 30}).value()).isEqualTo(0.5);
  }

  @Test
  void coversTheTrueRatioAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(11);
    int covered = 0;
    for (int trial = 0; trial < 100; trial++) {
      MedianRatio ratio = MedianRatio.of(samples(random, 41, 80_000), samples(random, 41, 100_000));
      covered += ratio.low() <= 0.8 && 0.8 <= ratio.high() ? 1 : 0;
    }
    assertThat(covered).isBetween(88, 100);
  }

  @Test
  void tellsDifferencesFromNone() {
    SplittableRandom random = new SplittableRandom(3);
    long[] samples = samples(random, 101, 100_000);
    assertThat(MedianRatio.of(samples, samples(random, 101, 100_000)).isUndecided()).isTrue();
    assertThat(MedianRatio.of(samples, samples(random, 101, 130_000)).isUndecided()).isFalse();
  }

  @Test
  void repeatsItself() {
    long[] first = samples(new SplittableRandom(1), 50, 1000);
    long[] second = samples(new SplittableRandom(2), 50, 1000);
    assertThat(MedianRatio.of(first, second)).isEqualTo(MedianRatio.of(first, second));
  }

  @Test
  void refusesWhatAreNoPairs() {
    assertThatThrownBy(() -> MedianRatio.of(new long[] {1}, new long[] {1, 2}))
        .hasMessage("samples: 1 and 2 (expected: pairs, one at least)");
  }
}
