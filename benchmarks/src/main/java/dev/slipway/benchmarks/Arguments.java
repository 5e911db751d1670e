package dev.slipway.benchmarks;

import dev.slipway.builder.BuildOptions;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The arguments of a benchmark. Immutable.
 *
 * @param values of the options that were given
 * @param flags options without a value that were given
 * @param rest what is no option, in order
 */
record Arguments(Map<String, String> values, Set<String> flags, List<String> rest) {

  Arguments {
    values = Map.copyOf(values);
    flags = Set.copyOf(flags);
    rest = List.copyOf(rest);
  }

  /**
   * Takes arguments apart.
   *
   * @param options those that a value follows
   * @param flags those without
   * @throws SlipwayException where one is unknown, or its value is missing
   */
  static Arguments parse(String[] given, List<String> options, String... flags) {
    Map<String, String> values = new HashMap<>();
    Set<String> set = new HashSet<>();
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < given.length; i++) {
      String name = given[i];
      if (Arrays.asList(flags).contains(name)) {
        set.add(name);
      } else if (!name.startsWith("--")) {
        rest.add(name);
      } else if (!options.contains(name)) {
        throw new SlipwayException(name + ": unknown (expected: one of " + names(options, flags) + ")");
      } else if (i + 1 == given.length) {
        throw new SlipwayException(name + ": no value (expected: one behind it)");
      } else {
        values.put(name, given[++i]);
      }
    }
    return new Arguments(values, set, rest);
  }

  private static List<String> names(List<String> options, String... flags) {
    return Stream.concat(options.stream(), Stream.of(flags)).toList();
  }

  /** What is no option, as folders and files. */
  List<Path> paths() {
    return rest.stream().map(Path::of).toList();
  }

  boolean has(String flag) {
    return flags.contains(flag);
  }

  String text(String option, String otherwise) {
    return values.getOrDefault(option, otherwise);
  }

  Optional<Path> path(String option) {
    return Optional.ofNullable(values.get(option)).map(Path::of);
  }

  double number(String option, double otherwise) {
    return values.containsKey(option) ? Double.parseDouble(values.get(option)) : otherwise;
  }

  int integer(String option, int otherwise) {
    return values.containsKey(option) ? Integer.parseInt(values.get(option)) : otherwise;
  }

  /** The numbers of {@code --threads 1,2}. */
  List<Integer> threads(Integer... otherwise) {
    return Optional.ofNullable(values.get("--threads"))
        .map(text -> Arrays.stream(text.split(",")).map(Integer::valueOf).toList())
        .orElse(List.of(otherwise));
  }

  /** {@code options} with what {@code --tuning}, {@code --precision} and {@code --cache} say. */
  BuildOptions build(BuildOptions options) {
    BuildOptions built = options;
    if (values.containsKey("--tuning")) {
      built = built.withTuning(BuildOptions.Tuning.valueOf(upper("--tuning")));
    }
    if (values.containsKey("--precision")) {
      built = built.withPrecision(BuildOptions.Precision.valueOf(upper("--precision")));
    }
    return path("--cache").map(built::withTimingCache).orElse(built);
  }

  private String upper(String option) {
    return values.get(option).toUpperCase(Locale.ROOT);
  }
}
