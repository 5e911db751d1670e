package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Comma-separated values as in RFC 4180: quotes around values that hold commas, quotes or line ends.
 *
 * @param name what messages call it
 * @param header the first row; empty where there is none
 */
record CsvTable(String name, List<String> header, List<Row> rows) {

  /** Values and the line that they begin at, from 1. */
  record Row(int line, List<String> values) {}

  static CsvTable withHeader(String name, String text) {
    List<Row> rows = parse(name, text);
    if (rows.isEmpty()) {
      throw new SlipwayException(name + ": empty (expected: a line with the names of the columns)");
    }
    List<String> header = rows.getFirst().values().stream().map(String::strip).toList();
    CsvTable table = new CsvTable(name, header, List.copyOf(rows.subList(1, rows.size())));
    table.requireColumns(header.size());
    return table;
  }

  static CsvTable withoutHeader(String name, String text, int columns) {
    CsvTable table = new CsvTable(name, List.of(), parse(name, text));
    table.requireColumns(columns);
    return table;
  }

  /** The position of the first of these columns that is there. */
  Optional<Integer> column(String... names) {
    for (String candidate : names) {
      if (header.contains(candidate)) {
        return Optional.of(header.indexOf(candidate));
      }
    }
    return Optional.empty();
  }

  int requiredColumn(String... names) {
    return column(names).orElseThrow(() -> new SlipwayException(
        name + ": columns " + header + " (expected: one named " + String.join(" or ", names) + ")"));
  }

  String text(Row row, int column) {
    return row.values().get(column);
  }

  double number(Row row, int column) {
    try {
      double number = Double.parseDouble(text(row, column).strip());
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw unusable(row, column, "a number");
  }

  int index(Row row, int column) {
    try {
      int index = Integer.parseInt(text(row, column).strip());
      if (index >= 0) {
        return index;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw unusable(row, column, "an index from 0");
  }

  SlipwayException unusable(Row row, int column, String expected) {
    String title = header.isEmpty() ? "column " + (column + 1) : header.get(column);
    return new SlipwayException(
        name + " line " + row.line() + ", " + title + ": " + text(row, column) + " (expected: " + expected + ")");
  }

  private void requireColumns(int count) {
    for (Row row : rows) {
      if (row.values().size() != count) {
        throw new SlipwayException(
            name + " line " + row.line() + ": " + row.values().size() + " values (expected: " + count + ")");
      }
    }
  }

  private static List<Row> parse(String name, String text) {
    List<Row> rows = new ArrayList<>();
    List<String> values = new ArrayList<>();
    StringBuilder value = new StringBuilder();
    boolean quoted = false;
    int line = 1;
    int rowLine = 1;
    for (int i = text.startsWith("\ufeff") ? 1 : 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        line++;
      }
      if (quoted) {
        if (c != '"') {
          value.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          value.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && value.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        values.add(take(value));
      } else if (c == '\n') {
        end(rows, values, value, rowLine);
        rowLine = line;
      } else if (c != '\r' || i + 1 < text.length() && text.charAt(i + 1) != '\n') {
        value.append(c);
      }
    }
    if (quoted) {
      throw new SlipwayException(name + " line " + rowLine + ": a quote that does not end (expected: \")");
    }
    end(rows, values, value, rowLine);
    return rows;
  }

  private static String take(StringBuilder value) {
    String text = value.toString();
    value.setLength(0);
    return text;
  }

  private static void end(List<Row> rows, List<String> values, StringBuilder value, int line) {
    if (!values.isEmpty() || !value.isEmpty()) {
      values.add(take(value));
      rows.add(new Row(line, List.copyOf(values)));
      values.clear();
    }
  }
}
