package dev.slipway.cli;

import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What quantising a model is to find out besides, and where that goes. */
final class QuantizationOutputs {
  private static final Pattern BUDGET = Pattern.compile("(\\d*\\.?\\d+)(%?)");
  private static final List<String> FRONT_FORMATS = List.of(".json", ".html");

  @Option(
      names = "--calibration-cache",
      paramLabel = "FILE",
      description = "Ranges in TensorRT's text format: read instead of calibrating where the file is there, written"
          + " after calibrating where it is not.")
  private Optional<Path> cache = Optional.empty();

  @Option(
      names = "--sensitivity",
      paramLabel = "FILE.json",
      description = "Write the error of each layer and the layers in the order of what they cost.")
  private Optional<Path> sensitivity = Optional.empty();

  @Option(
      names = "--accuracy-budget",
      paramLabel = "X[%]",
      description = "Accuracy that may be lost: 0.5%% is half a point. Tries calibrators, repairs, and layers in"
          + " floating point until it is met; exit status 1 and the best that was found where it cannot be.")
  private Optional<String> budget = Optional.empty();

  @Option(
      names = "--pareto",
      paramLabel = "FILE.html|.json",
      description = "With --accuracy-budget: measure layers in floating point to the end, and write accuracy against"
          + " latency as a plot or as JSON; may be repeated.")
  private List<Path> pareto = List.of();

  /** Checks what can be checked before long work. */
  void check(QuantizationData data) {
    cache.ifPresent(file -> OutputFile.requireWritable("--calibration-cache", file));
    sensitivity.ifPresent(file -> OutputFile.requireWritable("--sensitivity", file));
    for (Path file : pareto) {
      OutputFile.requireWritable("--pareto", file);
      if (FRONT_FORMATS.stream().noneMatch(file.toString()::endsWith)) {
        throw new SlipwayException("--pareto: " + file + " (expected: a file that ends with .html or .json)");
      }
    }
    if (!pareto.isEmpty() && budget.isEmpty()) {
      throw new SlipwayException("--pareto: without --accuracy-budget (expected: both)");
    }
    if (budget().isPresent()) {
      data.requireDataset("--accuracy-budget");
    }
    if (budget.isPresent() && cache.isPresent()) {
      throw new SlipwayException("--calibration-cache: with --accuracy-budget (expected: one of them, since several"
          + " calibrators are tried)");
    }
  }

  /** The cache, where it was given and is there. */
  Optional<Path> existingCache() {
    return cache.filter(Files::exists);
  }

  /** The cache to write, where it was given. */
  Optional<Path> cache() {
    return cache;
  }

  Optional<Path> sensitivity() {
    return sensitivity;
  }

  /** A fraction. */
  OptionalDouble budget() {
    return budget.map(text -> OptionalDouble.of(fraction(text))).orElse(OptionalDouble.empty());
  }

  List<Path> pareto() {
    return pareto;
  }

  private static double fraction(String text) {
    Matcher matcher = BUDGET.matcher(text);
    if (!matcher.matches()) {
      throw new SlipwayException("--accuracy-budget: " + text + " (expected: a number such as 0.005, or 0.5%)");
    }
    double number = Double.parseDouble(matcher.group(1));
    return matcher.group(2).isEmpty() ? number : number / 100;
  }
}
