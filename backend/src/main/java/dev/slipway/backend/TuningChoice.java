package dev.slipway.backend;

import dev.slipway.tensor.SlipwayException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Values of a tactic's parameters: tile sizes, splits, ... */
public record TuningChoice(SortedMap<String, Integer> parameters) {

  /** For tactics without parameters. */
  public static final TuningChoice NONE = new TuningChoice(new TreeMap<>());

  public TuningChoice {
    parameters = Collections.unmodifiableSortedMap(new TreeMap<>(parameters));
  }

  public static TuningChoice of(Map<String, Integer> parameters) {
    return new TuningChoice(new TreeMap<>(parameters));
  }

  public int get(String parameter) {
    Integer value = parameters.get(parameter);
    if (value == null) {
      throw new SlipwayException("tuning parameter " + parameter + ": missing (expected: one of "
          + parameters.keySet() + ")");
    }
    return value;
  }

  /** Whether a parameter is there and not 0. */
  public boolean has(String parameter) {
    return parameters.getOrDefault(parameter, 0) != 0;
  }

  /** With one more parameter. */
  public TuningChoice with(String parameter, int value) {
    SortedMap<String, Integer> more = new TreeMap<>(parameters);
    more.put(parameter, value);
    return new TuningChoice(more);
  }

  /** {@code oc=2,px=14}; parsed by {@link #parse}. */
  @Override
  public String toString() {
    return parameters.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(","));
  }

  public static TuningChoice parse(String text) {
    SortedMap<String, Integer> parameters = new TreeMap<>();
    for (String pair : text.isEmpty() ? new String[0] : text.split(",")) {
      int equals = pair.indexOf('=');
      try {
        parameters.put(pair.substring(0, equals), Integer.valueOf(pair.substring(equals + 1)));
      } catch (IndexOutOfBoundsException | NumberFormatException e) {
        throw new SlipwayException("tuning choice: " + text + " (expected: name=number,...)", e);
      }
    }
    return new TuningChoice(parameters);
  }
}
