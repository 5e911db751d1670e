package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import dev.slipway.vision.Image;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The labels of pictures in a table with a column {@code file} and a column {@code class_index}, or one of {@code
 * text}, or {@code x1, y1, x2, y2} and perhaps {@code class}, one row for each box.
 */
sealed interface PictureLabels {

  /** The pictures that the table names, in its order. */
  List<String> files();

  /** Whether pictures that the table does not name belong to the set. */
  default boolean namesAll() {
    return true;
  }

  Label label(String file, Image image);

  default OptionalInt category(String file) {
    return OptionalInt.empty();
  }

  static PictureLabels of(CsvTable table) {
    int file = table.requiredColumn("file", "filename", "image", "path");
    if (table.rows().isEmpty()) {
      throw new SlipwayException(table.name() + ": no rows (expected: one for each picture)");
    }
    if (table.column("x1").isPresent()) {
      return Boxes.of(table, file);
    }
    return table.column("text").map(column -> texts(table, file, column)).orElseGet(() -> categories(table, file));
  }

  private static PictureLabels texts(CsvTable table, int file, int column) {
    Map<String, Label> labels = new LinkedHashMap<>();
    table.rows().forEach(row -> put(labels, table, row, file, new Label.Text(table.text(row, column))));
    return new One(labels);
  }

  private static PictureLabels categories(CsvTable table, int file) {
    int column = table.requiredColumn("class_index", "class", "label");
    Map<String, Label> labels = new LinkedHashMap<>();
    table.rows().forEach(row -> put(labels, table, row, file, new Label.Category(table.index(row, column))));
    return new One(labels);
  }

  private static void put(Map<String, Label> labels, CsvTable table, CsvTable.Row row, int file, Label label) {
    if (labels.put(table.text(row, file), label) != null) {
      throw table.unusable(row, file, "each picture once");
    }
  }

  /** One label for each picture. */
  record One(Map<String, Label> labels) implements PictureLabels {
    @Override
    public List<String> files() {
      return List.copyOf(labels.keySet());
    }

    @Override
    public Label label(String file, Image image) {
      return labels.get(file);
    }

    @Override
    public OptionalInt category(String file) {
      return labels.get(file) instanceof Label.Category(int index) ? OptionalInt.of(index) : OptionalInt.empty();
    }
  }

  /** Any number of boxes for each picture. */
  record Boxes(Map<String, List<Label.Truth>> boxes) implements PictureLabels {

    private static Boxes of(CsvTable table, int file) {
      int[] corners = {table.requiredColumn("x1"), table.requiredColumn("y1"), table.requiredColumn("x2"),
          table.requiredColumn("y2")};
      OptionalInt category = table.column("class_index", "class", "label").stream().mapToInt(c -> c).findFirst();
      Map<String, List<Label.Truth>> boxes = new LinkedHashMap<>();
      for (CsvTable.Row row : table.rows()) {
        Box box = new Box(table.number(row, corners[0]), table.number(row, corners[1]), table.number(row, corners[2]),
            table.number(row, corners[3]));
        int index = category.isPresent() ? table.index(row, category.getAsInt()) : 0;
        boxes.computeIfAbsent(table.text(row, file), name -> new ArrayList<>()).add(new Label.Truth(box, index));
      }
      return new Boxes(boxes);
    }

    @Override
    public List<String> files() {
      return List.copyOf(boxes.keySet());
    }

    @Override
    public boolean namesAll() {
      return false;
    }

    @Override
    public Label label(String file, Image image) {
      return new Label.Boxes(image.width(), image.height(), boxes.getOrDefault(file, List.of()));
    }
  }
}
