package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import java.util.Arrays;

/** Enumerations whose ONNX texts are their names in lower case. */
final class Modes {
  private Modes() {}

  static String text(Enum<?> mode) {
    return mode.name().toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * The constant of this text.
   *
   * @throws InvalidGraphException naming the attribute, where there is none
   */
  static <E extends Enum<E>> E of(Class<E> type, String attribute, String text) {
    for (E mode : type.getEnumConstants()) {
      if (text(mode).equals(text)) {
        return mode;
      }
    }
    throw new InvalidGraphException("attribute " + attribute + ": " + text + " (expected: one of "
        + Arrays.stream(type.getEnumConstants()).map(Modes::text).toList() + ")");
  }
}
