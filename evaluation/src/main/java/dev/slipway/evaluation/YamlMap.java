package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A mapping of a YAML file. Values are asked for by key and kind; {@link #close()} refuses keys that nobody asked for.
 */
final class YamlMap implements AutoCloseable {
  private static final int LONGEST_LIST = 8;

  private final Path file;
  private final String place;
  private final Map<?, ?> values;
  private final Set<String> asked = new TreeSet<>();

  private YamlMap(Path file, String place, Map<?, ?> values) {
    this.file = file;
    this.place = place;
    this.values = values;
  }

  static YamlMap read(Path file) {
    LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
    try {
      Object document = new Load(settings).loadFromString(Files.readString(file));
      if (document instanceof Map<?, ?> map) {
        return new YamlMap(file, "", map);
      }
      throw new SlipwayException(file + ": no mapping (expected: keys and values such as \"input:\" in YAML)");
    } catch (NoSuchFileException e) {
      throw new SlipwayException(file + ": no such file (expected: a YAML file)", e);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read as UTF-8 text: " + FileFailure.reason(e), e);
    } catch (YamlEngineException e) {
      throw new SlipwayException(file + ": no valid YAML: " + e.getMessage(), e);
    }
  }

  /** A path that a value gives, relative to the folder of this file. */
  Path path(String key) {
    String text = text(key);
    return file.toAbsolutePath().resolveSibling(text);
  }

  boolean has(String key) {
    asked.add(key);
    return values.get(key) != null;
  }

  String text(String key) {
    return value(key) instanceof String text ? text : refuse(key, "a text");
  }

  String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  double number(String key) {
    return finite(key, value(key), "a number");
  }

  double number(String key, double otherwise) {
    return has(key) ? number(key) : otherwise;
  }

  private double finite(String key, Object value, String expected) {
    return value instanceof Number number && Double.isFinite(number.doubleValue())
        ? number.doubleValue()
        : refuse(key, expected);
  }

  int integer(String key) {
    return value(key) instanceof Integer number ? number : refuse(key, "a whole number");
  }

  int integer(String key, int otherwise) {
    return has(key) ? integer(key) : otherwise;
  }

  boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    return value(key) instanceof Boolean flag ? flag : refuse(key, "true or false");
  }

  /** One number, or a list of them. */
  List<Double> numbers(String key, List<Double> otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    List<?> list = value(key) instanceof List<?> values ? values : List.of(value(key));
    List<Double> numbers = new ArrayList<>();
    for (Object element : list) {
      numbers.add(finite(key, element, "a number, or a list of them"));
    }
    return numbers;
  }

  /** The same of whole numbers. */
  List<Integer> integers(String key) {
    return integers(key, value(key));
  }

  private List<Integer> integers(String key, Object value) {
    List<?> list = value instanceof List<?> values ? values : List.of(value);
    List<Integer> numbers = new ArrayList<>();
    for (Object element : list) {
      numbers.add(element instanceof Integer number ? number : refuse(key, "a whole number, or a list of them"));
    }
    return numbers;
  }

  /** A list of lists of whole numbers. */
  List<List<Integer>> integerLists(String key) {
    List<List<Integer>> lists = new ArrayList<>();
    List<?> list = value(key) instanceof List<?> values ? values : refuse(key, "a list of lists");
    for (Object element : list) {
      lists.add(integers(key, element));
    }
    return lists;
  }

  /** A list of texts. */
  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    List<?> list = value(key) instanceof List<?> values ? values : refuse(key, "a list of texts");
    for (Object element : list) {
      texts.add(element instanceof String text ? text : refuse(key, "a list of texts"));
    }
    return texts;
  }

  /** What each text of a list stands for. */
  <T> List<T> choices(String key, Map<String, T> choices, List<T> otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    List<T> chosen = new ArrayList<>();
    for (String text : texts(key)) {
      chosen.add(choices.containsKey(text)
          ? choices.get(text)
          : refuse(key, "some of " + String.join(", ", new TreeSet<>(choices.keySet()))));
    }
    return chosen;
  }

  /** One of several texts. */
  <T> T choice(String key, Map<String, T> choices, T otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    T choice = choices.get(text(key));
    return choice != null ? choice : refuse(key, String.join(" or ", new TreeSet<>(choices.keySet())));
  }

  /** The whole numbers of a mapping. */
  Map<String, Integer> integersByKey(String key) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    Map<?, ?> map = value(key) instanceof Map<?, ?> values ? values : refuse(key, "a mapping");
    map.forEach((name, number) -> numbers.put(
        String.valueOf(name), number instanceof Integer value ? value : refuse(key, "whole numbers by key")));
    return numbers;
  }

  YamlMap map(String key) {
    return value(key) instanceof Map<?, ?> map ? new YamlMap(file, place(key), map) : refuse(key, "a mapping");
  }

  /** The mappings of a list; none where the key is absent. */
  List<YamlMap> maps(String key) {
    if (!has(key)) {
      return List.of();
    }
    List<YamlMap> maps = new ArrayList<>();
    List<?> list = value(key) instanceof List<?> elements ? elements : refuse(key, "a list of mappings");
    for (Object element : list) {
      maps.add(element instanceof Map<?, ?> map
          ? new YamlMap(file, place(key) + "[" + maps.size() + "]", map)
          : refuse(key, "a list of mappings"));
    }
    return maps;
  }

  /** The only key of this mapping, which says what its value is. */
  String only(Set<String> kinds) {
    if (values.size() == 1 && values.keySet().iterator().next() instanceof String key && kinds.contains(key)) {
      return key;
    }
    throw new SlipwayException(where() + ": " + keys() + " (expected: one of "
        + String.join(", ", new TreeSet<>(kinds)) + ")");
  }

  <T> T refuse(String key, String expected) {
    throw new SlipwayException(where() + (place.isEmpty() ? " " : ".") + key + ": " + text(values.get(key))
        + " (expected: " + expected + ")");
  }

  /** Refuses keys that were not asked for. */
  @Override
  public void close() {
    for (Object key : values.keySet()) {
      if (!asked.contains(String.valueOf(key))) {
        throw new SlipwayException(where() + ": unknown key " + text(key) + " (expected: "
            + (asked.isEmpty() ? "nothing" : "one of " + String.join(", ", asked)) + ")");
      }
    }
  }

  private List<String> keys() {
    return values.keySet().stream().map(YamlMap::text).toList();
  }

  /** A value for a message; what is nested is only named, since aliases can make it endless. */
  private static String text(Object value) {
    return switch (value) {
      case null -> "nothing";
      case Map<?, ?> map -> "a mapping";
      case List<?> list when list.size() <= LONGEST_LIST -> list.stream()
          .map(element -> element instanceof List<?> ? "a list" : text(element))
          .collect(Collectors.joining(", ", "[", "]"));
      case Collection<?> longer -> "a list of " + longer.size();
      default -> String.valueOf(value);
    };
  }

  private Object value(String key) {
    asked.add(key);
    Object value = values.get(key);
    return value != null ? value : refuse(key, "a value");
  }

  private String where() {
    return place.isEmpty() ? file.toString() : file + " " + place;
  }

  private String place(String key) {
    return place.isEmpty() ? key : place + "." + key;
  }
}
