package dev.slipway.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows of text in aligned columns. */
final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final Set<Integer> numeric;

  private Table(List<String> header, Set<Integer> numeric) {
    rows.add(header);
    this.numeric = numeric;
  }

  /** A table; a heading that begins with {@code >} makes a column that is aligned to the right. */
  static Table of(String... headings) {
    List<String> header = new ArrayList<>();
    Set<Integer> numeric = new java.util.HashSet<>();
    for (String heading : headings) {
      if (heading.startsWith(">")) {
        numeric.add(header.size());
      }
      header.add(heading.startsWith(">") ? heading.substring(1) : heading);
    }
    return new Table(header, numeric);
  }

  Table row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(String.valueOf(cell));
    }
    rows.add(row);
    return this;
  }

  boolean isEmpty() {
    return rows.size() == 1;
  }

  List<String> lines() {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String padding = " ".repeat(widths[i] - row.get(i).length());
      line.append(i == 0 ? "" : "  ");
      line.append(numeric.contains(i) ? padding + row.get(i) : row.get(i) + padding);
    }
    return line.toString().stripTrailing();
  }
}
