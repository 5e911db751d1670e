package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/** Opens data sets of every installed {@link DatasetFormat}. */
public final class Datasets {
  private Datasets() {}

  /** The installed forms. */
  public static List<DatasetFormat> formats() {
    List<DatasetFormat> formats = new ArrayList<>();
    ServiceLoader.load(DatasetFormat.class, DatasetFormat.class.getClassLoader()).forEach(formats::add);
    return List.copyOf(formats);
  }

  /** Opens what {@code PATH} or {@code FORM:PATH} names; the caller closes it. */
  public static Dataset open(String location) {
    return open(location, DatasetSource::of);
  }

  /** Opens what {@code PATH} or {@code FORM:PATH} names, with labels that lie apart; the caller closes it. */
  public static Dataset open(String location, Path labels) {
    if (!Files.isRegularFile(labels)) {
      throw new SlipwayException("labels: " + labels + " (expected: an existing file)");
    }
    return open(location, path -> DatasetSource.of(path).withLabels(labels));
  }

  /** The items at these positions, in their order; closing it closes the whole. */
  public static Dataset keep(Dataset dataset, IntPredicate positions) {
    return Subset.of(dataset, positions);
  }

  /** So many items, evenly spread, or all where there are fewer; closing it closes the whole. */
  public static Dataset spread(Dataset dataset, int count) {
    return Subset.spread(dataset, count);
  }

  private interface SourceAt {
    DatasetSource source(Path path);
  }

  private static Dataset open(String location, SourceAt sourceAt) {
    List<DatasetFormat> formats = formats();
    Optional<DatasetFormat> named = formats.stream()
        .filter(format -> location.startsWith(format.name() + ":"))
        .findFirst();
    if (named.isPresent()) {
      return named.get().open(sourceAt.source(existing(location.substring(named.get().name().length() + 1))));
    }
    DatasetSource source = sourceAt.source(existing(location));
    return formats.stream()
        .filter(format -> format.accepts(source))
        .findFirst()
        .orElseThrow(() -> new SlipwayException("data set: " + location + " looks like none of the known forms"
            + " (expected: FORM:PATH, the form being one of "
            + formats.stream().map(DatasetFormat::name).sorted().collect(Collectors.joining(", ")) + ")"))
        .open(source);
  }

  private static Path existing(String path) {
    try {
      Path file = Path.of(path);
      if (Files.exists(file)) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw new SlipwayException("data set: " + path + " (expected: a path)", e);
    }
    throw new SlipwayException("data set: " + path + " (expected: an existing file or folder, or FORM:PATH)");
  }
}
