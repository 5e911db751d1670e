package dev.slipway.cli;

import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Selection;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntPredicate;
import picocli.CommandLine.Option;

/** The data set that a command works with, and how its items become inputs of the model. */
final class DatasetOptions {
  @Option(
      names = "--dataset",
      required = true,
      paramLabel = "[FORM:]PATH",
      description = "The data set: images, yolo, coco, idx, cifar or pairs, by its form where it cannot be seen from the"
          + " file.")
  private String dataset = "";

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "A csv with the labels, where they do not lie in the data set.")
  private Optional<Path> labels = Optional.empty();

  @Option(
      names = "--preprocessing",
      paramLabel = "FILE",
      description = "YAML that says how items become inputs and what outputs mean (default: the model's path with the"
          + " extension .yaml).")
  private Optional<Path> preprocessing = Optional.empty();

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
    return dataset;
  }

  /** Opens what is to be taken; the caller closes it. */
  Dataset open() {
    Dataset whole = labels.map(file -> Datasets.open(dataset, file)).orElseGet(() -> Datasets.open(dataset));
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
  Processing processing(ModelFile model) {
    return Processing.read(preprocessing.orElseGet(() -> beside(model.path())));
  }

  /** The description that lies beside a model. */
  static Path beside(Path model) {
    String name = model.getFileName().toString();
    Path file = model.resolveSibling(name.substring(0, Math.max(name.lastIndexOf('.'), 0)) + ".yaml");
    if (!Files.exists(file)) {
      throw new SlipwayException("--preprocessing: missing, and there is no " + file + " (expected: a YAML file that"
          + " says how items become inputs; samples/evaluation has examples)");
    }
    return file;
  }
}
