package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Pictures in a folder or zip archive whose objects are described in COCO's JSON (Lin et al., 2014): the file given as
 * labels, or {@code annotations/instances*.json} beside the pictures. Pictures that the file does not list are left
 * out, and so are those that it lists but that are not there. Classes are numbered by the order of their ids.
 */
public final class CocoFormat implements DatasetFormat {

  @Override
  public String name() {
    return "coco";
  }

  @Override
  public String description() {
    return "pictures in a folder or zip, with COCO's annotations of objects in JSON";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    if (!FileTree.isTree(source.path())) {
      return false;
    }
    if (source.labels().isPresent()) {
      return source.labels().get().toString().toLowerCase(Locale.ROOT).endsWith(".json");
    }
    try (FileTree tree = FileTree.open(source.path())) {
      return annotations(tree).isPresent();
    }
  }

  @Override
  public Dataset open(DatasetSource source) {
    FileTree tree = FileTree.open(source.path());
    try {
      Map<String, List<Label.Truth>> objects = objects(source, tree);
      List<PictureDataset.Entry> entries = tree.names().stream()
          .filter(name -> PictureFormat.isPicture(name) && objects.containsKey(FileTree.file(name)))
          .map(name -> entry(name, objects.get(FileTree.file(name))))
          .toList();
      if (entries.isEmpty()) {
        throw new SlipwayException("data set: " + source.path() + " has none of the " + objects.size()
            + " pictures that the annotations list (expected: at least one)");
      }
      return new PictureDataset(source.path().toString(), tree, entries);
    } catch (RuntimeException e) {
      tree.close();
      throw e;
    }
  }

  private static PictureDataset.Entry entry(String name, List<Label.Truth> objects) {
    return new PictureDataset.Entry(
        name, OptionalInt.empty(), image -> new Label.Boxes(image.width(), image.height(), objects));
  }

  private static Map<String, List<Label.Truth>> objects(DatasetSource source, FileTree tree) {
    if (source.labels().isPresent()) {
      return CocoAnnotations.read(source.labels().get().toString(), bytes(source.labels().get()));
    }
    String file = annotations(tree).orElseThrow(() -> new SlipwayException("data set: " + source.path()
        + " has no annotations (expected: annotations/instances*.json in it, or a file of labels)"));
    return CocoAnnotations.read(file, tree.read(file));
  }

  private static Optional<String> annotations(FileTree tree) {
    return tree.names().stream()
        .filter(name -> FileTree.file(FileTree.folder(name)).equals("annotations"))
        .filter(name -> FileTree.file(name).startsWith("instances") && name.endsWith(".json"))
        .findFirst();
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new SlipwayException("labels: " + file + " cannot be read: " + FileFailure.reason(e), e);
    }
  }
}
