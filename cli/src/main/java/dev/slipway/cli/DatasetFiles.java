package dev.slipway.cli;

import dev.slipway.evaluation.CompanionNetworks;
import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.Processing;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a data set, its labels and the description of what stands around the model are. */
final class DatasetFiles {
  @Option(
      names = "--dataset",
      paramLabel = "[FORM:]PATH",
      description = "A data set with labels, on which the accuracy is measured: images, yolo, coco, idx, cifar, pairs,"
          + " ocr or ocr-lines, by its form where it cannot be seen from the file.")
  private Optional<String> dataset = Optional.empty();

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "A file with the labels, where they do not lie in the data set.")
  private Optional<Path> labels = Optional.empty();

  @Option(
      names = "--preprocessing",
      paramLabel = "FILE",
      description = "YAML that says how items become inputs and what outputs mean (default: the model's path with the"
          + " extension .yaml).")
  private Optional<Path> preprocessing = Optional.empty();

  /** What {@code --dataset} says. */
  Optional<String> dataset() {
    return dataset;
  }

  /** Opens {@code [FORM:]PATH} with the labels that were given; the caller closes it. */
  Dataset open(String location) {
    return labels.map(file -> Datasets.open(location, file)).orElseGet(() -> Datasets.open(location));
  }

  /** How items become inputs of this model, and what its outputs mean. */
  Processing processing(ModelFile model, CompanionNetworks networks) {
    return Processing.read(preprocessing.orElseGet(() -> beside(model.path())), networks);
  }

  private static Path beside(Path model) {
    String name = model.getFileName().toString();
    Path file = model.resolveSibling(name.substring(0, Math.max(name.lastIndexOf('.'), 0)) + ".yaml");
    if (!Files.exists(file)) {
      throw new SlipwayException("--preprocessing: missing, and there is no " + file + " (expected: a YAML file that"
          + " says how items become inputs; samples/evaluation has examples)");
    }
    return file;
  }
}
