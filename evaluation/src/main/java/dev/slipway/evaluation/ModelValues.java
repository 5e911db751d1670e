package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.Set;

/** Finds inputs and outputs of models by name. */
final class ModelValues {
  private ModelValues() {}

  /**
   * The name that is meant.
   *
   * @param kind input or output, for the message
   * @param name empty where there is but one
   */
  static String only(String kind, String name, Set<String> names) {
    if (name.isEmpty() && names.size() == 1) {
      return names.iterator().next();
    }
    if (!names.contains(name)) {
      throw new SlipwayException(kind + " of the model: " + (name.isEmpty() ? "not named" : name)
          + " (expected: one of " + names + "; the processing names it by \"name\")");
    }
    return name;
  }
}
