package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Pictures in a folder or zip archive. Their labels stand in {@code labels.csv} there or in a table apart (see
 * {@link PictureLabels}), or each class has a folder: classes are numbered by the lines of {@code classes.txt}, whose
 * first word is the folder, or alphabetically. Without any of these the pictures have no labels.
 */
public final class PictureFormat implements DatasetFormat {
  private static final String LABELS = "labels.csv";
  private static final String CLASSES = "classes.txt";
  private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff");

  @Override
  public String name() {
    return "images";
  }

  @Override
  public String description() {
    return "pictures in a folder or zip, with labels.csv or a folder for each class";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    return FileTree.isTree(source.path());
  }

  @Override
  public Dataset open(DatasetSource source) {
    FileTree tree = FileTree.open(source.path());
    try {
      List<String> pictures = tree.names().stream().filter(PictureFormat::isPicture).toList();
      if (pictures.isEmpty()) {
        throw new SlipwayException("data set: " + source.path() + " holds no pictures (expected: files named "
            + String.join(", ", new TreeSet<>(EXTENSIONS)) + ")");
      }
      return labels(source, tree)
          .map(labels -> labelled(source.path(), tree, pictures, labels))
          .orElseGet(() -> byFolder(source.path(), tree, pictures));
    } catch (RuntimeException e) {
      tree.close();
      throw e;
    }
  }

  static boolean isPicture(String name) {
    return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  private static Optional<PictureLabels> labels(DatasetSource source, FileTree tree) {
    if (source.labels().isPresent()) {
      Path file = source.labels().get();
      return Optional.of(PictureLabels.of(CsvTable.withHeader(file.toString(), text(file))));
    }
    return tree.names().contains(LABELS)
        ? Optional.of(PictureLabels.of(
            CsvTable.withHeader(source.path() + " " + LABELS, new String(tree.read(LABELS), StandardCharsets.UTF_8))))
        : Optional.empty();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new SlipwayException("labels: " + file + " cannot be read as UTF-8 text: " + FileFailure.reason(e), e);
    }
  }

  /** Tables name pictures by their path in the tree, or by the last part of it. */
  private static Dataset labelled(Path path, FileTree tree, List<String> pictures, PictureLabels labels) {
    Map<String, String> places = new LinkedHashMap<>();
    pictures.forEach(picture -> places.putIfAbsent(FileTree.file(picture), picture));
    pictures.forEach(picture -> places.put(picture, picture));
    List<PictureDataset.Entry> entries = new ArrayList<>();
    Set<String> named = new TreeSet<>();
    for (String file : labels.files()) {
      String place = places.get(file);
      if (place == null) {
        throw new SlipwayException("data set: " + path + " has no " + file + " (expected: every picture that the labels"
            + " name)");
      }
      named.add(place);
      entries.add(new PictureDataset.Entry(place, labels.category(file), image -> labels.label(file, image)));
    }
    if (!labels.namesAll()) {
      pictures.stream().filter(picture -> !named.contains(picture)).forEach(picture -> entries.add(
          new PictureDataset.Entry(picture, labels.category(picture), image -> labels.label(picture, image))));
      entries.sort(Comparator.comparing(PictureDataset.Entry::file));
    }
    return new PictureDataset(path.toString(), tree, entries);
  }

  private static Dataset byFolder(Path path, FileTree tree, List<String> pictures) {
    List<String> classes = tree.names().contains(CLASSES)
        ? new String(tree.read(CLASSES), StandardCharsets.UTF_8).lines()
            .map(line -> line.strip().split("\\s+", 2)[0])
            .toList()
        : List.copyOf(new TreeSet<>(pictures.stream().map(PictureFormat::parent).toList()));
    if (classes.size() < 2) {
      return new PictureDataset(path.toString(), tree,
          pictures.stream().map(PictureDataset.Entry::unlabelled).toList());
    }
    return new PictureDataset(path.toString(), tree,
        pictures.stream().map(picture -> inClass(picture, classes)).toList());
  }

  private static PictureDataset.Entry inClass(String picture, List<String> classes) {
    int index = classes.indexOf(parent(picture));
    if (index < 0) {
      throw new SlipwayException(picture + ": not in the folder of a class (expected: a folder that " + CLASSES
          + " names)");
    }
    return PictureDataset.Entry.inCategory(picture, index);
  }

  private static String parent(String picture) {
    return FileTree.file(FileTree.folder(picture));
  }
}
