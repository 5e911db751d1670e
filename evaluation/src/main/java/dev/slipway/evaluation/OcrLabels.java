package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Point;
import dev.slipway.vision.Quad;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the labels of PaddleOCR and PPOCRLabel: for each picture a line of its path, a tabulator, and a JSON list of
 * objects with {@code transcription} and {@code points}, the four corners as one reads the text.
 */
final class OcrLabels {
  private static final int CORNERS = 4;

  private final String place;
  private final JsonParser parser;

  private OcrLabels(String place, JsonParser parser) {
    this.place = place;
    this.parser = parser;
  }

  /** The lines of text by picture, in the order of the file. */
  static Map<String, List<Label.Line>> read(String name, String text) {
    Map<String, List<Label.Line>> labels = new LinkedHashMap<>();
    List<String> rows = text.lines().toList();
    for (int i = 0; i < rows.size(); i++) {
      String row = rows.get(i);
      if (row.isBlank()) {
        continue;
      }
      String place = name + " line " + (i + 1);
      int tab = row.indexOf('\t');
      if (tab < 1) {
        throw new SlipwayException(place + ": no tabulator behind a path (expected: PATH, tabulator, JSON list of"
            + " lines)");
      }
      if (labels.put(row.substring(0, tab), lines(place, row.substring(tab + 1))) != null) {
        throw new SlipwayException(place + ": " + row.substring(0, tab) + " (expected: each picture once)");
      }
    }
    if (labels.isEmpty()) {
      throw new SlipwayException(name + ": no rows (expected: one for each picture)");
    }
    return labels;
  }

  private static List<Label.Line> lines(String place, String json) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      return new OcrLabels(place, parser).list();
    } catch (JacksonException e) {
      throw new SlipwayException(place + ": no valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  private List<Label.Line> list() {
    List<Label.Line> lines = new ArrayList<>();
    require(parser.nextToken() == JsonToken.START_ARRAY, "a list of lines");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken() == JsonToken.START_OBJECT, "a list of objects");
      lines.add(line());
    }
    return lines;
  }

  private Label.Line line() {
    Optional<String> text = Optional.empty();
    List<Point> corners = List.of();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (key) {
        case "transcription" -> {
          require(value == JsonToken.VALUE_STRING, "a text as transcription");
          text = Optional.of(parser.getString());
        }
        case "points" -> corners = points();
        default -> parser.skipChildren();
      }
    }
    require(text.isPresent() && corners.size() == CORNERS, "transcription and four points in each object");
    return new Label.Line(
        new Quad(corners.get(0), corners.get(1), corners.get(2), corners.get(3)), text.orElseThrow());
  }

  private List<Point> points() {
    List<Point> points = new ArrayList<>();
    require(parser.currentToken() == JsonToken.START_ARRAY, "points as a list");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken() == JsonToken.START_ARRAY, "points as [x, y]");
      points.add(new Point(coordinate(), coordinate()));
      require(parser.nextToken() == JsonToken.END_ARRAY, "points as [x, y]");
    }
    return points;
  }

  private double coordinate() {
    JsonToken token = parser.nextToken();
    require(token != null && token.isNumeric(), "points of numbers");
    return parser.getDoubleValue();
  }

  private void require(boolean holds, String expected) {
    if (!holds) {
      throw new SlipwayException(place + ": not of PaddleOCR's form (expected: " + expected + ")");
    }
  }
}
