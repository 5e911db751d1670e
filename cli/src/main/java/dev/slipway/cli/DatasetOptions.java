package dev.slipway.cli;

import dev.slipway.evaluation.CompanionNetworks;
import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Selection;
import dev.slipway.tensor.SlipwayException;
import java.util.Optional;
import java.util.function.IntPredicate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The data set that a command works with, and how its items become inputs of the model. */
final class DatasetOptions {
  @Mixin private DatasetFiles files;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Take so many items, evenly spread (default: all).")
  private Optional<Integer> samples = Optional.empty();

  @Option(
      names = "--select",
      paramLabel = "RULE",
      description = "Take a part: every:N, items whose position divides by N, or class:N, those whose class does.")
  private Optional<String> select = Optional.empty();

  @Option(
      names = "--exclude",
      paramLabel = "RULE",
      description = "Leave a part out, by the same rules; so calibration and evaluation share nothing.")
  private Optional<String> exclude = Optional.empty();

  /** The name of the data set in results. */
  String location() {
    return files.dataset().orElseThrow(() ->
        new SlipwayException("--dataset: missing (expected: a data set with labels)"));
  }

  /** Opens what is to be taken; the caller closes it. */
  Dataset open() {
    Dataset whole = files.open(location());
    try {
      return part(whole);
    } catch (RuntimeException e) {
      whole.close();
      throw e;
    }
  }

  private Dataset part(Dataset whole) {
    IntPredicate taken = select.map(rule -> Selection.parse("--select", rule).on(whole)).orElse(index -> true);
    IntPredicate left = exclude.map(rule -> Selection.parse("--exclude", rule).on(whole)).orElse(index -> false);
    Dataset part = Datasets.keep(whole, taken.and(left.negate()));
    return samples.map(count -> Datasets.spread(part, count)).orElse(part);
  }

  /** How items become inputs of this model, and what its outputs mean. */
  Processing processing(ModelFile model, CompanionNetworks networks) {
    return files.processing(model, networks);
  }
}
