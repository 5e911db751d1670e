package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ObserverTest {

  @Test
  void takesTheExtremes() {
    assertThat(observe(new MinMaxObserver(), -1, 3, 2)).isEqualTo(new Range(-1, 3));
    assertThat(new MinMaxObserver().range()).isEqualTo(Range.EMPTY);
  }

  @Test
  void averagesTheExtremesOfSamples() {
    MovingAverageObserver observer = new MovingAverageObserver(0.25);
    observe(observer, -4, 8);
    assertThat(observe(observer, 0, 4)).isEqualTo(new Range(-3, 7));
    assertThat(new MovingAverageObserver(0.25).range()).isEqualTo(Range.EMPTY);
  }

  @Test
  void leavesOutAShareOfTheValues() {
    float[] values = new float[10_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / 10_000f;
    }
    values[0] = -50;
    values[9_999] = 100;
    PercentileObserver observer = new PercentileObserver(new Range(-50, 100), 99.9);
    Range range = observe(observer, values);
    assertThat(range.min()).isCloseTo(0, within(0.1f));
    assertThat(range.max()).isCloseTo(1, within(0.1f));
    assertThat(observe(new PercentileObserver(new Range(-50, 100), 100), values)).isEqualTo(new Range(-50, 100));
  }

  @Test
  void findsTheLeastSquaredError() {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[100_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    values[0] = 40;
    Range full = Range.of(values);
    Range range = observe(new SquaredErrorObserver(full, DType.UINT8), values);
    assertThat(range.max()).isBetween(20f, 39f);
    assertThat(error(values, range)).isLessThan(error(values, full)).isLessThan(error(values, full.within(5)));
  }

  @Test
  void entropyCutsRareOutliersAndKeepsWhatFills() {
    SplittableRandom random = new SplittableRandom(2);
    float[] values = new float[200_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    values[0] = 60;
    assertThat(observe(new EntropyObserver(Range.of(values)), values).max()).isBetween(3f, 10f);
    float[] uniform = new float[200_000];
    for (int i = 0; i < uniform.length; i++) {
      uniform[i] = random.nextFloat();
    }
    assertThat(observe(new EntropyObserver(Range.of(uniform)), uniform).max()).isGreaterThan(0.95f);
  }

  /** The definition, bin by bin. */
  @Test
  void entropyEqualsItsDefinition() {
    SplittableRandom random = new SplittableRandom(3);
    float[] values = new float[30_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.abs(Math.pow(random.nextGaussian(), 3));
    }
    Range full = Range.of(values);
    double width = full.magnitude() / 2048.0;
    long[] bins = new long[2048];
    for (float value : values) {
      bins[(int) Math.min(2047, value / width)]++;
    }
    int best = 0;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = 128; i <= 2048; i++) {
      double divergence = divergence(bins, i);
      if (divergence < smallest) {
        smallest = divergence;
        best = i;
      }
    }
    float expected = (float) Math.min((best + 0.5) * width, full.magnitude());
    assertThat(observe(new EntropyObserver(full), values).max()).isCloseTo(expected, within((float) width));
  }

  private static double divergence(long[] bins, int count) {
    double[] p = new double[count];
    double[] q = new double[count];
    for (int i = 0; i < bins.length; i++) {
      p[Math.min(i, count - 1)] += bins[i];
    }
    for (int level = 0; level < 128; level++) {
      int from = level * count / 128;
      int to = (level + 1) * count / 128;
      double sum = 0;
      int occupied = 0;
      for (int i = from; i < to; i++) {
        sum += bins[i];
        occupied += bins[i] > 0 ? 1 : 0;
      }
      for (int i = from; i < to; i++) {
        q[i] = bins[i] > 0 ? sum / occupied : 0;
      }
    }
    double sumP = java.util.Arrays.stream(p).sum();
    double sumQ = java.util.Arrays.stream(q).sum();
    double divergence = 0;
    for (int i = 0; i < count; i++) {
      if (p[i] > 0) {
        divergence += p[i] / sumP * Math.log(p[i] / sumP / (q[i] / sumQ));
      }
    }
    return divergence;
  }

  @Test
  void needsNoHistogramOfAPoint() {
    for (Calibrator calibrator : Calibrator.all()) {
      assertThat(observe(calibrator.observer(new Range(0, 0), DType.UINT8), 0, 0)).isEqualTo(new Range(0, 0));
    }
  }

  @Test
  void refusesUnknownNames() {
    assertThat(Calibrator.named("Entropy").name()).isEqualTo("entropy");
    assertThatThrownBy(() -> Calibrator.named("best"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("calibrator: best (expected: one of [minmax, moving-average, percentile, entropy, mse])");
    assertThatThrownBy(() -> Calibrator.percentile(40))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("percentile: 40.0 (expected: above 50 and at most 100)");
  }

  private static Range observe(Observer observer, float... values) {
    observer.observe(values, values.length);
    observer.endSample();
    return observer.range();
  }

  private static double error(float[] values, Range range) {
    QuantParams params = QuantParams.of(range, DType.UINT8, false);
    double sum = 0;
    for (float value : values) {
      double error = value - params.roundTrip(value);
      sum += error * error;
    }
    return sum;
  }
}
