package dev.slipway.cli;

import dev.slipway.quantization.Calibrator;
import dev.slipway.quantization.DynamicQuantizer;
import dev.slipway.quantization.DynamicScale;
import dev.slipway.quantization.QuantizationOptions;
import dev.slipway.quantization.Repair;
import dev.slipway.quantization.WeightQuantizer;
import dev.slipway.quantization.WeightRange;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a model is quantised. */
final class QuantizationChoices {
  @Option(
      names = "--calibrator",
      paramLabel = "NAME",
      description = "How the ranges of activations are found: minmax, moving-average, percentile, entropy or mse"
          + " (default: minmax).")
  private String calibrator = "minmax";

  @Option(
      names = "--percentile",
      paramLabel = "P",
      description = "Of the values that lie under the range's end, for --calibrator percentile (default: 99.99).")
  private Optional<Double> percentile = Optional.empty();

  @Option(
      names = "--weight-range",
      paramLabel = "minmax|mse",
      description = "How the scales of weights are found (default: minmax).")
  private WeightRange weightRange = WeightRange.MINMAX;

  @Option(
      names = "--weights",
      paramLabel = "int8|int4|float8",
      description = "Type of weights: int8, with activations of integers too, int4 of matrix products alone, for which"
          + " nothing is calibrated, or float8 (E4M3) of matrix products and their activations (default: int8).")
  private String weights = "int8";

  @Option(
      names = "--dynamic",
      paramLabel = "per-tensor|per-token",
      description = "Ranges of activations are found while the model runs, so that nothing is calibrated: one for a"
          + " tensor, or one for each row that a matrix product reads (convolutions: one for a tensor).")
  private Optional<String> dynamic = Optional.empty();

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description = "With --weights int4: so many weights of an output share a scale (default: 32).")
  private int blockSize = 32;

  @Option(
      names = "--activations",
      paramLabel = "uint8|int8",
      description = "Type of activations: uint8 with a zero point, or int8 symmetric (default: uint8).")
  private String activations = "uint8";

  @Option(
      names = "--per-channel",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "A scale for each output channel of weights, or with --no-per-channel one for all.")
  private boolean perChannel = true;

  @Option(names = "--power-of-two", description = "Scales that are powers of two.")
  private boolean powerOfTwo;

  @Option(
      names = "--exclude",
      paramLabel = "LAYER",
      split = ",",
      description = "Layers that stay in floating point, by name; * stands for anything.")
  private List<String> exclude = List.of();

  @Option(
      names = "--repair",
      paramLabel = "all|none|NAME",
      split = ",",
      description = "What makes up for rounding without training: equalize, smooth, round, bias; what gains nothing is"
          + " taken back (default: none; the ladder of --accuracy-budget tries all).")
  private List<String> repair = List.of();

  /** What quantises weights alone; empty where activations are quantised too. */
  Optional<WeightQuantizer> weightQuantizer() {
    return switch (weights) {
      case "int8", "float8" -> Optional.empty();
      case "int4" -> Optional.of(new WeightQuantizer(blockSize, new LinkedHashSet<>(exclude)));
      default -> throw new SlipwayException("--weights: " + weights + " (expected: int8, int4 or float8)");
    };
  }

  /** Whether weights and activations become float8. */
  boolean isFloat8() {
    return weights.equals("float8");
  }

  /** What quantises activations while the model runs; empty where they are calibrated. */
  Optional<DynamicQuantizer> dynamicQuantizer() {
    if (dynamic.isPresent() && !weights.equals("int8")) {
      throw new SlipwayException("--dynamic: with --weights " + weights + " (expected: --weights int8)");
    }
    if (dynamic.isPresent() && !options().repairs().isEmpty()) {
      throw new SlipwayException("--dynamic: with --repair (expected: one of them, since repairs learn from data)");
    }
    return dynamic.map(name -> new DynamicQuantizer(DynamicScale.named(name), options()));
  }

  QuantizationOptions options() {
    if (percentile.isPresent() && !calibrator.equals("percentile")) {
      throw new SlipwayException(
          "--percentile: with --calibrator " + calibrator + " (expected: --calibrator percentile)");
    }
    if (isFloat8() && !repair.isEmpty()) {
      throw new SlipwayException(
          "--repair: with --weights float8 (expected: one of them, since repairs are for integers)");
    }
    DType dtype = DType.ofLabel(activations).orElseThrow(() ->
        new SlipwayException("--activations: " + activations + " (expected: uint8 or int8)"));
    return QuantizationOptions.defaults()
        .withCalibrator(percentile.map(Calibrator::percentile).orElseGet(() -> Calibrator.named(calibrator)))
        .withActivations(dtype)
        .withWeightRange(weightRange)
        .withPerChannel(perChannel)
        .withPowerOfTwo(powerOfTwo)
        .withExcluded(new LinkedHashSet<>(exclude))
        .withRepairs(Repair.parse(repair));
  }
}
