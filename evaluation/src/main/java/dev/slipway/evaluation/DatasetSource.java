package dev.slipway.evaluation;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a data set lies.
 *
 * @param path a file or folder that exists
 * @param labels a file with the labels, where they lie apart
 */
public record DatasetSource(Path path, Optional<Path> labels) {
  public DatasetSource {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(labels, "labels");
  }

  public static DatasetSource of(Path path) {
    return new DatasetSource(path, Optional.empty());
  }

  public DatasetSource withLabels(Path file) {
    return new DatasetSource(path, Optional.of(file));
  }
}
