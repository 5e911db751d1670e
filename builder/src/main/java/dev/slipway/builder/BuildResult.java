package dev.slipway.builder;

import dev.slipway.backend.Plan;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A plan, and why it is as it is.
 *
 * @param nodesBefore nodes of the model
 * @param nodesAfter nodes of the portable graph
 * @param reasons by node name: why it was not fused, did not get a tactic, kept a reorder
 * @param timings of all candidates that were measured, or found in the timing cache
 */
public record BuildResult(
    Plan plan, int nodesBefore, int nodesAfter, Map<String, List<String>> reasons, List<LayerTiming> timings) {
  public BuildResult {
    timings = List.copyOf(timings);
  }

  /** What a build in 16-bit floats left in float32, by node name, with the reason. */
  public Map<String, String> leftInFloat32() {
    Map<String, String> left = new TreeMap<>();
    reasons.forEach((node, texts) -> texts.stream()
        .filter(text -> text.startsWith(HalfNarrowing.STAYS))
        .findFirst()
        .ifPresent(text -> left.put(node, text.substring(HalfNarrowing.STAYS.length()))));
    return left;
  }
}
