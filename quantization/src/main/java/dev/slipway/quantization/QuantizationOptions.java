package dev.slipway.quantization;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How to quantise.
 *
 * @param calibrator finds the ranges of activations
 * @param activations uint8, asymmetric, or int8, symmetric
 * @param perChannel whether weights have a scale for each output channel rather than one for all
 * @param powerOfTwo whether scales are rounded up to powers of two
 * @param excluded names of layers that stay in floating point; {@code *} stands for anything
 * @param repairs what is tried after calibration; what gains nothing is taken back
 * @param progress is told what is done, a line at a time
 */
public record QuantizationOptions(
    Calibrator calibrator,
    DType activations,
    WeightRange weightRange,
    boolean perChannel,
    boolean powerOfTwo,
    Set<String> excluded,
    Set<Repair> repairs,
    Consumer<String> progress) {

  public QuantizationOptions {
    if (activations != DType.UINT8 && activations != DType.INT8) {
      throw new SlipwayException("type of activations: " + activations + " (expected: uint8 or int8)");
    }
    excluded = Set.copyOf(excluded);
    repairs = Set.copyOf(repairs);
  }

  /** Min-max ranges, uint8 activations, a scale for each output channel, nothing excluded. */
  public static QuantizationOptions defaults() {
    return new QuantizationOptions(
        Calibrator.minMax(), DType.UINT8, WeightRange.MINMAX, true, false, Set.of(), Set.of(),
        line -> {});
  }

  public QuantizationOptions withCalibrator(Calibrator other) {
    return new QuantizationOptions(
        other, activations, weightRange, perChannel, powerOfTwo, excluded, repairs, progress);
  }

  public QuantizationOptions withActivations(DType dtype) {
    return new QuantizationOptions(
        calibrator, dtype, weightRange, perChannel, powerOfTwo, excluded, repairs, progress);
  }

  public QuantizationOptions withWeightRange(WeightRange range) {
    return new QuantizationOptions(
        calibrator, activations, range, perChannel, powerOfTwo, excluded, repairs, progress);
  }

  public QuantizationOptions withPerChannel(boolean each) {
    return new QuantizationOptions(
        calibrator, activations, weightRange, each, powerOfTwo, excluded, repairs, progress);
  }

  public QuantizationOptions withPowerOfTwo(boolean only) {
    return new QuantizationOptions(
        calibrator, activations, weightRange, perChannel, only, excluded, repairs, progress);
  }

  /** With further layers that stay in floating point. */
  public QuantizationOptions withExcluded(Set<String> more) {
    Set<String> all = new LinkedHashSet<>(excluded);
    all.addAll(more);
    return new QuantizationOptions(
        calibrator, activations, weightRange, perChannel, powerOfTwo, all, repairs, progress);
  }

  public QuantizationOptions withRepairs(Set<Repair> some) {
    return new QuantizationOptions(
        calibrator, activations, weightRange, perChannel, powerOfTwo, excluded, some, progress);
  }

  public QuantizationOptions withProgress(Consumer<String> listener) {
    return new QuantizationOptions(
        calibrator, activations, weightRange, perChannel, powerOfTwo, excluded, repairs, listener);
  }
}
