package dev.slipway.cli;

import dev.slipway.analysis.Cause;
import dev.slipway.analysis.Difference;
import dev.slipway.analysis.LayerComparison;
import dev.slipway.analysis.LayerDifference;
import dev.slipway.analysis.Threshold;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What {@code slipway compare} says. */
record ComparisonResult(LayerComparison comparison, Threshold limit, Optional<Cause> cause) {

  /**
   * Prints the layers and the verdict.
   *
   * @param worst how many of the layers, those that differ most; all where empty
   */
  void print(Terminal terminal, Optional<Integer> worst) {
    Table table = Table.of("value", "node", "operator", ">local", ">local max", ">total", ">max abs", ">mean abs",
        ">cosine", ">SNR dB", "");
    for (LayerDifference layer : shown(worst)) {
      Difference total = layer.total();
      table.row(layer.value(), layer.node(), layer.operator(), Quantity.error(layer.local().relative()),
          Quantity.error(layer.local().maxRelative()), Quantity.error(total.relative()), Quantity.error(total.maxAbs()),
          Quantity.error(total.meanAbs()), String.format(Locale.ROOT, "%.6f", total.cosine()),
          total.relative() == 0 ? "" : String.format(Locale.ROOT, "%.1f", total.snr()),
          layer.diverged() ? "DIVERGES" : "");
    }
    terminal.print(table);
    terminal.print(comparison.layers().size() + " values compared, " + comparison.unaligned()
        + " more lie inside of fused kernels or were folded; local and total are norms relative to the value");
    Optional<LayerDifference> first = comparison.firstDivergence();
    if (first.isEmpty()) {
      terminal.print("no layer diverges (threshold " + limit.relative() + ")");
      return;
    }
    LayerDifference layer = first.get();
    terminal.print("first divergence: " + layer.node() + " (" + layer.operator() + "), value " + layer.value()
        + ", relative difference " + Quantity.error(layer.local().relative())
        + " (threshold " + limit.relative() + ")");
    terminal.print("  of its " + layer.local().elements() + " elements: " + layer.local().histogram());
    cause.ifPresent(found -> terminal.print("cause: " + found));
  }

  private List<LayerDifference> shown(Optional<Integer> worst) {
    return worst.map(count -> comparison.layers().stream()
            .sorted((a, b) -> Double.compare(b.local().relative(), a.local().relative()))
            .limit(count)
            .toList())
        .orElse(comparison.layers());
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("diverged", comparison.firstDivergence().isPresent());
    json.put("threshold", limit.relative());
    comparison.firstDivergence().ifPresent(layer -> json.put("firstDivergence", json(layer)));
    cause.ifPresent(found -> json.put("cause", Map.of(
        "kind", found.kind().name().toLowerCase(Locale.ROOT),
        "subject", found.subject(),
        "explanation", found.explanation())));
    json.put("unaligned", comparison.unaligned());
    json.put("layers", comparison.layers().stream().map(ComparisonResult::json).toList());
    return json;
  }

  private static Map<String, Object> json(LayerDifference layer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("value", layer.value());
    json.put("node", layer.node());
    json.put("operator", layer.operator());
    json.put("diverged", layer.diverged());
    json.put("local", json(layer.local()));
    json.put("total", json(layer.total()));
    return json;
  }

  private static Map<String, Object> json(Difference difference) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("maxAbs", difference.maxAbs());
    json.put("meanAbs", difference.meanAbs());
    json.put("maxRelative", difference.maxRelative());
    json.put("relative", difference.relative());
    json.put("cosine", difference.cosine());
    json.put("snrDb", difference.relative() == 0 ? null : difference.snr());
    json.put("differing", difference.differing());
    json.put("elements", difference.elements());
    json.put("decades", difference.decades());
    return json;
  }
}
