package dev.slipway.quantization;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import java.util.List;
import java.util.Locale;

/**
 * A way to find the range of a tensor from the values that it takes.
 *
 * @param name as on the command line
 * @param needsRange whether its observers must know the range of all values beforehand, which takes a pass of its own
 */
public record Calibrator(String name, boolean needsRange, ObserverFactory observers) {

  /** Makes the observer of one tensor. */
  @FunctionalInterface
  public interface ObserverFactory {

    /**
     * A new observer.
     *
     * @param full the range of all values that will come; {@link Range#EMPTY} where none was asked for
     * @param dtype what the values will be quantised to
     */
    Observer observer(Range full, DType dtype);
  }

  private static final double WEIGHT = 0.1;
  private static final double PERCENT = 99.99;

  /** All values. */
  public static Calibrator minMax() {
    return new Calibrator("minmax", false, (full, dtype) -> new MinMaxObserver());
  }

  /** The extremes of each sample, averaged with fading weights. */
  public static Calibrator movingAverage() {
    return new Calibrator("moving-average", false, (full, dtype) -> new MovingAverageObserver(WEIGHT));
  }

  /**
   * Without the most extreme values.
   *
   * @param percent of the values that lie under the upper end, above 50 and at most 100
   */
  public static Calibrator percentile(double percent) {
    if (!(percent > 50 && percent <= 100)) {
      throw new SlipwayException("percentile: " + percent + " (expected: above 50 and at most 100)");
    }
    return new Calibrator("percentile", true, (full, dtype) -> new PercentileObserver(full, percent));
  }

  /** The threshold of least Kullback-Leibler divergence. */
  public static Calibrator entropy() {
    return new Calibrator("entropy", true, (full, dtype) -> new EntropyObserver(full));
  }

  /** The range of least mean squared error. */
  public static Calibrator squaredError() {
    return new Calibrator("mse", true, SquaredErrorObserver::new);
  }

  /** All calibrators, the simplest first. */
  public static List<Calibrator> all() {
    return List.of(minMax(), movingAverage(), percentile(PERCENT), entropy(), squaredError());
  }

  /**
   * The calibrator of this name.
   *
   * @throws SlipwayException where there is none
   */
  public static Calibrator named(String name) {
    return all().stream()
        .filter(calibrator -> calibrator.name.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() -> new SlipwayException("calibrator: " + name + " (expected: one of "
            + all().stream().map(Calibrator::name).toList() + ")"));
  }

  /** An observer of values in a range; one that is a point or empty needs no observation. */
  Observer observer(Range full, DType dtype) {
    return needsRange && !(full.min() < full.max()) ? new MinMaxObserver() : observers.observer(full, dtype);
  }
}
