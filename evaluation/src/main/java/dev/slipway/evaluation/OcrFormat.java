package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Pictures in a folder or zip archive whose lines of text are labelled as PaddleOCR does it, in the file given as
 * labels or in {@code Label.txt} beside the pictures. An item is a picture, whose text a detector and a recogniser
 * find.
 */
public final class OcrFormat implements DatasetFormat {
  private static final String LABELS = "Label.txt";

  @Override
  public String name() {
    return "ocr";
  }

  @Override
  public String description() {
    return "pictures in a folder or zip, with PaddleOCR's labels of their lines of text";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    if (!FileTree.isTree(source.path())) {
      return false;
    }
    if (source.labels().isPresent()) {
      return source.labels().get().toString().toLowerCase(Locale.ROOT).endsWith(".txt");
    }
    try (FileTree tree = FileTree.open(source.path())) {
      return tree.names().contains(LABELS);
    }
  }

  @Override
  public Dataset open(DatasetSource source) {
    return open(source, (tree, labels) -> new PictureDataset(
        source.path().toString(), tree,
        labels.entrySet().stream().map(picture -> entry(picture.getKey(), picture.getValue())).toList()));
  }

  private static PictureDataset.Entry entry(String file, List<Label.Line> lines) {
    return new PictureDataset.Entry(file, OptionalInt.empty(), image -> new Label.Lines(image, lines));
  }

  /** Makes a data set of the lines by the places of their pictures. */
  interface Items {
    Dataset of(FileTree tree, Map<String, List<Label.Line>> labels);
  }

  static Dataset open(DatasetSource source, Items items) {
    FileTree tree = FileTree.open(source.path());
    try {
      return items.of(tree, places(source, tree, labels(source, tree)));
    } catch (RuntimeException e) {
      tree.close();
      throw e;
    }
  }

  /** PPOCRLabel writes paths from the folder above the pictures, so the last part of them finds a picture too. */
  private static Map<String, List<Label.Line>> places(
      DatasetSource source, FileTree tree, Map<String, List<Label.Line>> labels) {
    Map<String, String> places = new LinkedHashMap<>();
    List<String> pictures = tree.names().stream().filter(PictureFormat::isPicture).toList();
    pictures.forEach(picture -> places.putIfAbsent(FileTree.file(picture), picture));
    Map<String, List<Label.Line>> placed = new LinkedHashMap<>();
    labels.forEach((file, lines) -> {
      String place = pictures.contains(file) ? file : places.get(FileTree.file(file));
      if (place == null) {
        throw new SlipwayException("data set: " + source.path() + " has no " + file
            + " (expected: every picture that the labels name)");
      }
      placed.put(place, lines);
    });
    return placed;
  }

  private static Map<String, List<Label.Line>> labels(DatasetSource source, FileTree tree) {
    if (source.labels().isPresent()) {
      Path file = source.labels().get();
      try {
        return OcrLabels.read(file.toString(), Files.readString(file));
      } catch (IOException e) {
        throw new SlipwayException("labels: " + file + " cannot be read as UTF-8 text: " + FileFailure.reason(e), e);
      }
    }
    if (!tree.names().contains(LABELS)) {
      throw new SlipwayException("data set: " + source.path() + " has no " + LABELS
          + " (expected: it, or --labels with lines of text in PaddleOCR's form)");
    }
    return OcrLabels.read(source.path() + " " + LABELS, new String(tree.read(LABELS), StandardCharsets.UTF_8));
  }
}
