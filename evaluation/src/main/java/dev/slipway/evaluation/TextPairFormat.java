package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Pairs of texts and how alike they are, as in the STS benchmark: rows of a csv without header, text, text, number.
 * Where the first row names columns {@code gold, ids_a, ids_b}, the texts are given as ids of a tokeniser, parted by
 * spaces.
 */
public final class TextPairFormat implements DatasetFormat {
  private static final String GOLD = "gold";
  private static final String FIRST = "ids_a";
  private static final String SECOND = "ids_b";

  @Override
  public String name() {
    return "pairs";
  }

  @Override
  public String description() {
    return "a csv of pairs of texts, or of ids of tokens, and how alike they are";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    return Files.isRegularFile(source.path()) && source.path().toString().toLowerCase(Locale.ROOT).endsWith(".csv");
  }

  @Override
  public Dataset open(DatasetSource source) {
    String text = text(source.path());
    String name = source.path().toString();
    List<Item> items = isTokens(text)
        ? tokens(CsvTable.withHeader(name, text))
        : texts(CsvTable.withoutHeader(name, text, 3));
    if (items.isEmpty()) {
      throw new SlipwayException(name + ": no rows (expected: at least one pair)");
    }
    return new Pairs(name, items);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read as UTF-8 text: " + FileFailure.reason(e), e);
    }
  }

  private static boolean isTokens(String text) {
    return List.of(text.lines().findFirst().orElse("").split(",")).containsAll(List.of(GOLD, FIRST, SECOND));
  }

  private static List<Item> texts(CsvTable table) {
    List<Item> items = new ArrayList<>();
    for (CsvTable.Row row : table.rows()) {
      Content content = new Content.TextPair(table.text(row, 0), table.text(row, 1));
      items.add(new Item("line " + row.line(), content, new Label.Pair(items.size(), table.number(row, 2))));
    }
    return items;
  }

  private static List<Item> tokens(CsvTable table) {
    int gold = table.requiredColumn(GOLD);
    int first = table.requiredColumn(FIRST);
    int second = table.requiredColumn(SECOND);
    List<Item> items = new ArrayList<>();
    for (CsvTable.Row row : table.rows()) {
      Content content = new Content.TokenPair(ids(table, row, first), ids(table, row, second));
      items.add(new Item("line " + row.line(), content, new Label.Pair(items.size(), table.number(row, gold))));
    }
    return items;
  }

  private static Tokens ids(CsvTable table, CsvTable.Row row, int column) {
    List<Integer> ids = new ArrayList<>();
    try {
      for (String id : table.text(row, column).strip().split("\\s+")) {
        ids.add(Integer.parseUnsignedInt(id));
      }
    } catch (NumberFormatException e) {
      throw table.unusable(row, column, "ids of tokens, parted by spaces");
    }
    return new Tokens(ids);
  }

  private record Pairs(String name, List<Item> items) implements Dataset {
    @Override
    public int size() {
      return items.size();
    }

    @Override
    public Item item(int index) {
      return items.get(index);
    }
  }
}
