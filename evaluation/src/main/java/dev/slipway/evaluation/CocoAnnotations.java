package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads the objects of COCO's JSON as a stream; outlines of objects are passed over. */
final class CocoAnnotations {
  private final String name;
  private final Map<Long, String> pictures = new LinkedHashMap<>();
  private final NavigableSet<Long> categories = new TreeSet<>();
  private final List<Fields> annotations = new ArrayList<>();

  private CocoAnnotations(String name) {
    this.name = name;
  }

  /** The scalars and lists of numbers of one JSON object. */
  private record Fields(String place, Map<String, Object> values) {

    long id(String key) {
      return values.get(key) instanceof Long id ? id : refuse(key, "a whole number");
    }

    String text(String key) {
      return values.get(key) instanceof String text ? text : refuse(key, "a text");
    }

    Box box() {
      if (values.get("bbox") instanceof double[] sides && sides.length == 4 && sides[2] >= 0 && sides[3] >= 0) {
        return Box.ofSize(sides[0], sides[1], sides[2], sides[3]);
      }
      return refuse("bbox", "[x, y, width, height]");
    }

    double area(Box box) {
      return values.get("area") instanceof Number area ? area.doubleValue() : box.area();
    }

    private <T> T refuse(String key, String expected) {
      Object value = values.getOrDefault(key, "nothing");
      throw new SlipwayException(place + "." + key + ": "
          + (value instanceof double[] numbers ? Arrays.toString(numbers) : value) + " (expected: " + expected
          + ")");
    }
  }

  /** The objects of every picture that is listed, by the last part of its path. */
  static Map<String, List<Label.Truth>> read(String name, byte[] json) {
    CocoAnnotations annotations = new CocoAnnotations(name);
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      annotations.readDocument(parser);
    } catch (JacksonException e) {
      throw new SlipwayException(name + ": no valid JSON: " + e.getOriginalMessage(), e);
    }
    return annotations.objects();
  }

  private void readDocument(JsonParser parser) {
    require(parser.nextToken() == JsonToken.START_OBJECT, "an object with images, annotations and categories");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "images" -> readList(parser, key).forEach(
            fields -> pictures.put(fields.id("id"), FileTree.file(fields.text("file_name"))));
        case "categories" -> readList(parser, key).forEach(fields -> categories.add(fields.id("id")));
        case "annotations" -> annotations.addAll(readList(parser, key));
        default -> parser.skipChildren();
      }
    }
    require(!pictures.isEmpty() && !categories.isEmpty(), "images, annotations and categories");
  }

  private void require(boolean holds, String expected) {
    if (!holds) {
      throw new SlipwayException(name + ": not of COCO's form (expected: " + expected + ")");
    }
  }

  private List<Fields> readList(JsonParser parser, String key) {
    require(parser.currentToken() == JsonToken.START_ARRAY, key + " as a list of objects");
    List<Fields> list = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken() == JsonToken.START_OBJECT, key + " as a list of objects");
      list.add(new Fields(name + " " + key + "[" + list.size() + "]", readFields(parser)));
    }
    return list;
  }

  private static Map<String, Object> readFields(JsonParser parser) {
    Map<String, Object> values = new HashMap<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      switch (parser.nextToken()) {
        case VALUE_NUMBER_INT -> values.put(key, parser.getLongValue());
        case VALUE_NUMBER_FLOAT -> values.put(key, parser.getDoubleValue());
        case VALUE_STRING -> values.put(key, parser.getString());
        case START_ARRAY -> readArray(parser, key, values);
        default -> parser.skipChildren();
      }
    }
    return values;
  }

  private static void readArray(JsonParser parser, String key, Map<String, Object> values) {
    if (!key.equals("bbox")) {
      parser.skipChildren();
      return;
    }
    List<Double> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      numbers.add(parser.currentToken().isNumeric() ? parser.getDoubleValue() : Double.NaN);
      parser.skipChildren();
    }
    values.put(key, numbers.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private Map<String, List<Label.Truth>> objects() {
    Map<String, List<Label.Truth>> objects = new HashMap<>();
    pictures.values().forEach(file -> objects.put(file, new ArrayList<>()));
    Map<Long, Integer> indices = new HashMap<>();
    categories.forEach(id -> indices.put(id, indices.size()));
    for (Fields fields : annotations) {
      String file = pictures.get(fields.id("image_id"));
      Integer category = indices.get(fields.id("category_id"));
      if (file == null || category == null) {
        throw new SlipwayException(fields.place() + ": image_id " + fields.id("image_id") + ", category_id "
            + fields.id("category_id") + " (expected: ids that images and categories list)");
      }
      Box box = fields.box();
      boolean crowd = Long.valueOf(1).equals(fields.values().get("iscrowd"));
      objects.get(file).add(new Label.Truth(box, category, fields.area(box), crowd));
    }
    return objects;
  }
}
