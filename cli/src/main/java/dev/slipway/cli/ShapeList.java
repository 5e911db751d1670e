package dev.slipway.cli;

import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Shapes as the command line writes them: {@code name:1x3x224x224,other:1x10}, {@code name:scalar}. */
final class ShapeList {
  private static final String SCALAR = "scalar";

  private ShapeList() {}

  /**
   * Parses a list of shapes; where a model has one input, its name may be left out.
   *
   * @param option for the message
   * @param inputs the names of the model's inputs
   */
  static Map<String, long[]> parse(String option, String text, List<String> inputs) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String part : text.split(",")) {
      int colon = part.lastIndexOf(':');
      if (colon < 0 && inputs.size() != 1) {
        throw malformed(option, part);
      }
      String name = colon < 0 ? inputs.getFirst() : part.substring(0, colon).strip();
      if (!inputs.contains(name)) {
        throw new SlipwayException(option + ": input " + name + " (expected: one of " + inputs + ")");
      }
      if (shapes.put(name, dims(option, part, part.substring(colon + 1).strip())) != null) {
        throw new SlipwayException(option + ": input " + name + " twice (expected: one shape for each input)");
      }
    }
    return shapes;
  }

  private static long[] dims(String option, String part, String text) {
    if (text.equals(SCALAR)) {
      return new long[0];
    }
    String[] sizes = text.split("x", -1);
    long[] dims = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      if (!sizes[i].matches("\\d{1,18}")) {
        throw malformed(option, part);
      }
      dims[i] = Long.parseLong(sizes[i]);
    }
    return dims;
  }

  private static SlipwayException malformed(String option, String part) {
    return new SlipwayException(option + ": " + part + " (expected: NAME:1x3x224x224, several separated by commas)");
  }

  /** As it is written on the command line. */
  static String text(long... dims) {
    return dims.length == 0
        ? SCALAR
        : java.util.Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining("x"));
  }

  static Map<String, Shape> shapes(Map<String, long[]> dims) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    dims.forEach((name, sizes) -> shapes.put(name, Shape.of(sizes)));
    return shapes;
  }

  static Map<String, String> texts(Map<String, long[]> dims) {
    Map<String, String> texts = new LinkedHashMap<>();
    dims.forEach((name, sizes) -> texts.put(name, text(sizes)));
    return texts;
  }
}
