package dev.slipway.cli;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The shapes that a plan is to serve. The i-th of each option belong to the i-th profile. */
final class ProfileOptions {
  @Option(
      names = {"--min-shapes", "--minShapes"},
      paramLabel = "SHAPES",
      description = "Smallest shapes of a profile: NAME:1x3x224x224,... Repeatable: one more profile each.")
  private List<String> min = new ArrayList<>();

  @Option(
      names = {"--opt-shapes", "--optShapes"},
      paramLabel = "SHAPES",
      description = "Shapes that kernels are tuned at.")
  private List<String> opt = new ArrayList<>();

  @Option(
      names = {"--max-shapes", "--maxShapes"},
      paramLabel = "SHAPES",
      description = "Largest shapes of a profile.")
  private List<String> max = new ArrayList<>();

  @Option(names = "--shapes", paramLabel = "SHAPES", description = "Exactly these shapes: min, opt and max in one.")
  private List<String> exact = new ArrayList<>();

  /** The profiles; inputs whose shapes the model fixes need none. */
  List<OptimizationProfile> profiles(Map<String, ValueType> inputs, Terminal terminal) {
    List<OptimizationProfile> profiles = new ArrayList<>();
    int count = Math.max(opt.size(), Math.max(min.size(), max.size()));
    for (int i = 0; i < count; i++) {
      profiles.add(profile(i, List.copyOf(inputs.keySet())));
    }
    for (String shapes : exact) {
      Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
      ShapeList.parse("--shapes", shapes, List.copyOf(inputs.keySet()))
          .forEach((name, dims) -> ranges.put(name, OptimizationProfile.Range.exactly(dims)));
      profiles.add(new OptimizationProfile(ranges));
    }
    Map<String, TensorType> dynamic = Profiles.dynamicInputs(inputs);
    if (profiles.isEmpty() && !dynamic.isEmpty()) {
      return byDefault(inputs, dynamic, terminal);
    }
    for (OptimizationProfile profile : profiles) {
      requireComplete(profile, dynamic);
    }
    return profiles;
  }

  private static List<OptimizationProfile> byDefault(
      Map<String, ValueType> inputs, Map<String, TensorType> dynamic, Terminal terminal) {
    if (!Profiles.isBatchOnly(dynamic)) {
      throw Profiles.unbound(dynamic, "--shapes, or --min-shapes, --opt-shapes and --max-shapes");
    }
    Map<String, long[]> shapes = Profiles.atBatch(dynamic, 1);
    terminal.note("input " + dynamic.keySet().iterator().next() + ": " + dynamic.values().iterator().next()
        + " is built for batch 1 alone (--min-shapes, --opt-shapes and --max-shapes give a range)");
    return Profiles.covering(inputs, List.of(shapes));
  }

  private static void requireComplete(OptimizationProfile profile, Map<String, TensorType> dynamic) {
    Map<String, TensorType> missing = new LinkedHashMap<>(dynamic);
    missing.keySet().removeAll(profile.ranges().keySet());
    if (!missing.isEmpty()) {
      throw Profiles.unbound(missing, "a shape in every profile");
    }
  }

  /** What is left out is as in opt; without opt, as in max, then as in min. */
  private OptimizationProfile profile(int index, List<String> inputs) {
    Map<String, long[]> smallest = shapes("--min-shapes", min, index, inputs);
    Map<String, long[]> best = shapes("--opt-shapes", opt, index, inputs);
    Map<String, long[]> largest = shapes("--max-shapes", max, index, inputs);
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    for (String name : inputs) {
      List<long[]> given = new ArrayList<>();
      for (Map<String, long[]> shapes : List.of(best, largest, smallest)) {
        if (shapes.containsKey(name)) {
          given.add(shapes.get(name));
        }
      }
      if (!given.isEmpty()) {
        long[] typical = given.getFirst();
        ranges.put(name, range(
            name, smallest.getOrDefault(name, typical), typical, largest.getOrDefault(name, typical)));
      }
    }
    return new OptimizationProfile(ranges);
  }

  private static OptimizationProfile.Range range(String input, long[] smallest, long[] typical, long[] largest) {
    try {
      return new OptimizationProfile.Range(smallest, typical, largest);
    } catch (SlipwayException e) {
      throw new SlipwayException("input " + input + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, long[]> shapes(String option, List<String> values, int index, List<String> inputs) {
    if (values.isEmpty()) {
      return Map.of();
    }
    if (index >= values.size()) {
      throw new SlipwayException(option + ": given " + values.size() + " times (expected: once for each profile)");
    }
    return ShapeList.parse(option, values.get(index), inputs);
  }
}
