package dev.slipway.cli;

import dev.slipway.tensor.Datum;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How far outputs may be from what is expected. */
final class ToleranceOptions {
  @Option(
      names = "--rtol",
      paramLabel = "R",
      description = "Relative tolerance of floating-point outputs (default: 1e-3): |actual - expected| <="
          + " atol + rtol * |expected| must hold for every element.")
  private double rtol = 1e-3;

  @Option(names = "--atol", paramLabel = "A", description = "Absolute tolerance (default: 1e-4).")
  private double atol = 1e-4;

  @Option(
      names = "--min-cosine",
      paramLabel = "C",
      description = "Compare by the cosine of outputs as vectors instead: it must not be under this.")
  private Optional<Double> minCosine = Optional.empty();

  /** Refuses what no error can be measured by. */
  void check() {
    OptionValue.atLeast("--rtol", rtol, 0);
    OptionValue.atLeast("--atol", atol, 0);
    minCosine.ifPresent(least -> OptionValue.require("--min-cosine", least, Math.abs(least) <= 1, "-1 to 1"));
  }

  OutputError compare(Datum actual, Datum expected) {
    return OutputError.between(actual, expected, rtol, atol);
  }

  boolean isPassed(OutputError error) {
    return minCosine.map(error::isWithinCosine).orElseGet(error::isWithinTolerance);
  }

  /** The rule, in words. */
  String rule() {
    return minCosine.map(least -> "cosine >= " + least).orElse("rtol " + rtol + ", atol " + atol);
  }
}
