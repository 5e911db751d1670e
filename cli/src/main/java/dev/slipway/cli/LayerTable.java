package dev.slipway.cli;

import dev.slipway.analysis.Bound;
import dev.slipway.analysis.LayerProfile;
import dev.slipway.analysis.ModelProfile;
import dev.slipway.backend.Peaks;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A profile as a table of layers, with what they sum up to. */
record LayerTable(ModelProfile profile) {
  private static final Set<String> PRODUCTS =
      Set.of("Conv", "ConvTranspose", "Gemm", "MatMul", "FusedMatMul", "QuantizedConv", "QuantizedMatMul",
          "Float8MatMul");
  /** Products and convolutions from here on are expected to keep the cores busy. */
  private static final double LARGE_FLOPS = 10e6;
  private static final double EXPECTED_PERCENT = 85;

  List<String> lines() {
    List<String> lines = new ArrayList<>(table().lines());
    lines.add("");
    double layers = profile.layerMillis();
    lines.add("layers      " + profile.layers().size() + ", together " + Quantity.millis(layers) + ", "
        + percent(profile.layerShare()) + " of a run");
    profile.rest().forEach((name, millis) -> lines.add(
        "rest        " + name + " " + Quantity.millis(millis) + ", " + percent(millis / profile.millis())));
    if (profile.layers().stream().anyMatch(layer -> layer.roof().bound() != Bound.UNKNOWN)) {
      lines.add("bound by    " + bounds());
      lines.addAll(lagging());
    }
    return lines;
  }

  private Table table() {
    Table table = Table.of("node", "operator", "tactic", "precision", "shapes", ">us", ">%", ">MFLOPs", ">KiB",
        ">FLOPs/B", ">GFLOP/s", ">% of roof", "bound");
    for (LayerProfile layer : profile.layers()) {
      table.row(
          layer.node(),
          layer.work().op(),
          layer.work().tactic(),
          layer.work().arithmetic().label(),
          layer.work().shapes(),
          number(layer.millis() * 1e3, 1),
          number(100 * layer.share(), 1),
          number(layer.work().flops() / 1e6, 2),
          number(layer.bytes() / 1024.0, 1),
          number(layer.intensity(), 2),
          layer.work().executedFlops() == 0 ? "" : number(layer.flopsPerSecond() / 1e9, 1),
          number(layer.roofPercent(), 0),
          layer.roof().bound() == Bound.UNKNOWN ? "" : layer.roof().bound().label());
    }
    return table;
  }

  /** How much of the layers' time each bound has. */
  private String bounds() {
    Map<Bound, Double> millis = new EnumMap<>(Bound.class);
    profile.layers().forEach(layer -> millis.merge(layer.roof().bound(), layer.millis(), Double::sum));
    return millis.entrySet().stream()
        .map(entry -> entry.getKey().label() + " " + percent(entry.getValue() / profile.layerMillis()))
        .collect(Collectors.joining(", ", "", " of the layers' time"));
  }

  /** Large products and convolutions that are far from their roof. */
  private List<String> lagging() {
    List<LayerProfile> large = profile.layers().stream()
        .filter(layer -> PRODUCTS.contains(layer.work().op()) && layer.work().flops() >= LARGE_FLOPS)
        .toList();
    List<LayerProfile> slow = large.stream().filter(layer -> layer.roofPercent() < EXPECTED_PERCENT).toList();
    List<String> lines = new ArrayList<>();
    lines.add("products and convolutions of 10 MFLOPs and more: " + large.size() + ", below 85 % of their roof: "
        + slow.size());
    slow.forEach(layer -> lines.add("  " + layer.node() + " " + layer.work().tactic() + " " + layer.work().shapes()
        + ": " + number(layer.roofPercent(), 0) + " %"));
    return lines;
  }

  /** The roofs that so many threads have, in one line. */
  static String roofs(Peaks peaks, int threads) {
    List<String> roofs = new ArrayList<>();
    for (Peaks.Compute peak : peaks.compute()) {
      if (peak.threads() == threads) {
        String unit = peak.type().isFloat() ? " GFLOP/s" : " GOP/s";
        roofs.add(peak.unit() + " " + peak.type().label() + " " + number(peak.perSecond() / 1e9, 0) + unit);
      }
    }
    peaks.memory(threads).forEach(level ->
        roofs.add(level.level() + " " + number(level.bytesPerSecond() / 1e9, 0) + " GB/s"));
    roofs.add("launch " + number(peaks.launchNanos() / 1e3, 1) + " us");
    return String.join(", ", roofs);
  }

  private static String percent(double part) {
    return number(100 * part, 1) + " %";
  }

  private static String number(double value, int decimals) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + decimals + "f", value) : "";
  }
}
