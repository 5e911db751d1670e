package dev.slipway.cli;

import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
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

  OutputError compare(Datum actual, Datum expected) {
    if (!(rtol >= 0) || !(atol >= 0)) {
      throw new SlipwayException("--rtol, --atol: " + rtol + ", " + atol + " (expected: >= 0)");
    }
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
