package dev.slipway.analysis;

import dev.slipway.runtime.StepWork;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one step of an engine does and how long it takes.
 *
 * @param millis the median of all runs
 * @param share of the whole run, the median of all runs, 0 to 1
 */
public record LayerProfile(StepWork work, double millis, double share, Roof roof) {

  /** The node of the engine's graph. */
  public String node() {
    return work.node();
  }

  /** The nodes of the model that it stands for. */
  public List<String> origins() {
    return List.of(work.node().split("\\+"));
  }

  public long bytes() {
    return work.bytesRead() + work.bytesWritten();
  }

  /** FLOPs for each byte read or written; NaN where nothing moves. */
  public double intensity() {
    return bytes() == 0 ? Double.NaN : (double) work.flops() / bytes();
  }

  /** FLOP/s of the algorithm that runs. */
  public double flopsPerSecond() {
    return work.executedFlops() / (millis / 1e3);
  }

  /** Percent of the roof that it reaches; NaN where the roof is not known. */
  public double roofPercent() {
    return roof.percent(millis);
  }

  /** As an object of JSON; what is not known is left out. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", node());
    json.put("origins", origins());
    json.put("operator", work.op());
    json.put("tactic", work.tactic());
    if (!work.note().isEmpty()) {
      json.put("note", work.note());
    }
    json.put("precision", work.arithmetic().label());
    json.put("shapes", work.shapes());
    json.put("ms", millis);
    json.put("share", share);
    json.put("flops", work.flops());
    json.put("macs", work.macs());
    json.put("executedFlops", work.executedFlops());
    json.put("weightBytes", work.weightBytes());
    json.put("bytesRead", work.bytesRead());
    json.put("bytesWritten", work.bytesWritten());
    putKnown(json, "intensity", intensity());
    putKnown(json, "flopsPerSecond", flopsPerSecond());
    putKnown(json, "roofPercent", roofPercent());
    json.put("bound", roof.bound().label());
    return json;
  }

  private static void putKnown(Map<String, Object> json, String key, double value) {
    if (Double.isFinite(value)) {
      json.put(key, value);
    }
  }
}
