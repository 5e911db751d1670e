package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import dev.slipway.vision.Image;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Pictures with boxes in the form of YOLO, in a folder or zip archive: for {@code images/NAME.jpg} the file {@code
 * labels/NAME.txt}, a line {@code class x y width height} for each object, the centre and the size relative to the
 * picture. A picture without such a file has no objects.
 */
public final class YoloFormat implements DatasetFormat {
  private static final int FIELDS = 5;

  @Override
  public String name() {
    return "yolo";
  }

  @Override
  public String description() {
    return "pictures in a folder or zip, with a file of boxes for each: images/NAME.jpg, labels/NAME.txt";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    if (source.labels().isPresent() || !FileTree.isTree(source.path())) {
      return false;
    }
    try (FileTree tree = FileTree.open(source.path())) {
      Set<String> names = new HashSet<>(tree.names());
      return names.stream().anyMatch(name -> PictureFormat.isPicture(name) && names.contains(labelFile(name)));
    }
  }

  @Override
  public Dataset open(DatasetSource source) {
    FileTree tree = FileTree.open(source.path());
    try {
      Set<String> names = new HashSet<>(tree.names());
      List<String> pictures = tree.names().stream().filter(PictureFormat::isPicture).toList();
      if (pictures.stream().noneMatch(picture -> names.contains(labelFile(picture)))) {
        throw new SlipwayException("data set: " + source.path() + " has no boxes for its " + pictures.size()
            + " pictures (expected: labels/NAME.txt for images/NAME.jpg)");
      }
      return new PictureDataset(source.path().toString(), tree, pictures.stream()
          .map(picture -> new PictureDataset.Entry(
              picture, OptionalInt.empty(), image -> label(tree, names, picture, image)))
          .toList());
    } catch (RuntimeException e) {
      tree.close();
      throw e;
    }
  }

  /** The file of labels that belongs to a picture: {@code labels} for the last folder {@code images}. */
  private static String labelFile(String picture) {
    String file = FileTree.stem(picture) + ".txt";
    int folder = ("/" + file).lastIndexOf("/images/");
    return folder < 0 ? file : file.substring(0, folder) + "labels" + file.substring(folder + "images".length());
  }

  private static Label label(FileTree tree, Set<String> names, String picture, Image image) {
    String file = labelFile(picture);
    List<Label.Truth> objects = new ArrayList<>();
    if (names.contains(file)) {
      List<String> lines = new String(tree.read(file), StandardCharsets.UTF_8).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (!lines.get(i).isBlank()) {
          objects.add(object(file + " line " + (i + 1), lines.get(i), image));
        }
      }
    }
    return new Label.Boxes(image.width(), image.height(), objects);
  }

  private static Label.Truth object(String place, String line, Image image) {
    String[] fields = line.strip().split("\\s+");
    try {
      if (fields.length == FIELDS && Integer.parseInt(fields[0]) >= 0) {
        Box box = Box.ofCenter(relative(fields[1]), relative(fields[2]), relative(fields[3]), relative(fields[4]));
        return new Label.Truth(box.scale(image.width(), image.height()), Integer.parseInt(fields[0]));
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new SlipwayException(place + ": " + line + " (expected: class x y width height, the last four from 0 to 1)");
  }

  private static double relative(String field) {
    double number = Double.parseDouble(field);
    if (!(number >= 0 && number <= 1)) {
      throw new NumberFormatException(field);
    }
    return number;
  }
}
