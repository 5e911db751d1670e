package dev.slipway.cli;

import dev.slipway.quantization.Attempt;
import dev.slipway.quantization.BudgetResult;
import dev.slipway.quantization.Deviation;
import dev.slipway.quantization.KeptFloat;
import dev.slipway.quantization.LayerError;
import dev.slipway.quantization.QuantizedModel;
import dev.slipway.quantization.RepairGain;
import dev.slipway.quantization.Sensitivity.LayerSensitivity;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Results of {@code slipway quantize} as text and as JSON. */
record QuantizationReport(Terminal terminal, Path input, Path output) {
  private static final int PRINTED_LAYERS = 10;

  /** A quantised model with its accuracies by precision. */
  void print(QuantizedModel quantized, Map<String, Double> accuracies) {
    summary(quantized);
    accuracies.forEach((precision, accuracy) -> terminal.print(format("accuracy %.4f in %s", accuracy, precision)));
    Map<String, Object> json = json(quantized);
    json.put("accuracy", accuracies);
    terminal.json(json);
  }

  /** The ladder that was climbed. */
  void print(BudgetResult result, double budget) {
    Table table = Table.of("tried", ">accuracy", ">lost", ">latency", ">layers in float32", "");
    row(table, result, result.reference());
    result.attempts().forEach(attempt -> row(table, result, attempt));
    terminal.print(table);
    terminal.print("");
    terminal.print(result.isMet()
        ? format("%s loses %.4f (budget: %.4f)", result.best().name(), result.loss(result.best()), budget)
        : format("no attempt meets the budget of %.4f; the best, %s, loses %.4f and was written", budget,
            result.best().name(), result.loss(result.best())));
    terminal.print("");
    summary(result.model());
    Map<String, Object> json = json(result.model());
    json.put("ladder", json(result, budget));
    terminal.json(json);
  }

  private static void row(Table table, BudgetResult result, Attempt attempt) {
    table.row(attempt.name(), format("%.4f", attempt.accuracy()), format("%.4f", result.loss(attempt)),
        Quantity.millis(attempt.latencyMillis()), attempt.floatLayers().size(),
        attempt.equals(result.best()) ? "<-" : "");
  }

  /** One attempt, as soon as it is measured. */
  static String line(Attempt attempt) {
    return format("%s: accuracy %.4f, %.3f ms", attempt.name(), attempt.accuracy(), attempt.latencyMillis());
  }

  /** The layers that cost most. */
  void print(List<LayerSensitivity> ranked) {
    Table table =
        Table.of("layer", "operator", ">accuracy lost", ">alone, dB", ">freed, dB", ">lost by scales, dB");
    ranked.stream().limit(PRINTED_LAYERS).forEach(layer -> table.row(layer.layer(), layer.operator(),
        layer.accuracyLoss().isPresent() ? format("%.4f", layer.accuracyLoss().getAsDouble()) : "-",
        format("%.1f", layer.alone()), format("%.1f", layer.freed().orElse(Double.NaN)),
        format("%.1f", layer.scaleLoss()) + (layer.hasWastefulScales() ? " wasteful" : "")));
    terminal.print(table);
    terminal.print("");
  }

  private void summary(QuantizedModel quantized) {
    terminal.print("layers   " + quantized.plan().layers().size() + " in int8, "
        + quantized.plan().groups().size() + " activation scales");
    terminal.print("size     " + Quantity.bytes(bytes(input)) + " to " + Quantity.bytes(bytes(output)));
    quantized.gains().forEach(gain -> terminal.print(text(gain)));
    quantized.notes().forEach(terminal::note);
    printKept(quantized.plan().kept());
  }

  private void printKept(List<KeptFloat> kept) {
    if (kept.isEmpty()) {
      return;
    }
    Table table = Table.of("stays float", ">nodes", "because");
    reasons(kept).forEach((reason, nodes) -> table.row(
        nodes.size() == 1 ? nodes.getFirst().node() : nodes.getFirst().operator(), nodes.size(), reason));
    terminal.print("");
    terminal.print(table);
  }

  /**
   * A model of which matrix products alone were quantised.
   *
   * @param what these have
   */
  void print(String what, List<String> layers, List<KeptFloat> kept) {
    terminal.print("layers   " + layers.size() + " with " + what);
    terminal.print("size     " + Quantity.bytes(bytes(input)) + " to " + Quantity.bytes(bytes(output)));
    printKept(kept);
    Map<String, Object> json = sizes();
    json.put("layers", layers);
    json.put("float", json(kept));
    terminal.json(json);
  }

  private static String text(RepairGain gain) {
    if (gain.layers() == 0) {
      return "repair   " + gain.repair().label() + ": no layer that it suits";
    }
    return format("repair   %s: %d layers, %.2f to %.2f dB at the outputs%s", gain.repair().label(), gain.layers(),
        gain.before(), gain.after(), gain.isKept() ? "" : ", taken back");
  }

  private static Map<String, List<KeptFloat>> reasons(List<KeptFloat> nodes) {
    return nodes.stream()
        .collect(Collectors.groupingBy(KeptFloat::reason, LinkedHashMap::new, Collectors.toList()));
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read: " + FileFailure.reason(e) + " (expected: a file)", e);
    }
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  // ---- JSON

  private Map<String, Object> sizes() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", input.toString());
    json.put("output", output.toString());
    json.put("bytesBefore", bytes(input));
    json.put("bytesAfter", bytes(output));
    return json;
  }

  private static List<Map<String, Object>> json(List<KeptFloat> nodes) {
    return nodes.stream()
        .map(kept -> entry("node", kept.node(), "operator", kept.operator(), "reason", kept.reason()))
        .toList();
  }

  private Map<String, Object> json(QuantizedModel quantized) {
    Map<String, Object> json = sizes();
    json.put("layers", quantized.plan().layers().stream().map(layer -> layer.name()).toList());
    json.put("float", json(quantized.plan().kept()));
    json.put("repairs", quantized.gains().stream().map(gain -> entry("repair", gain.repair().label(),
        "layers", gain.layers(), "before", gain.before(), "after", gain.after(), "kept", gain.isKept())).toList());
    json.put("notes", quantized.notes());
    return json;
  }

  /** The ladder and its Pareto front. */
  static Map<String, Object> json(BudgetResult result, double budget) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("budget", budget);
    json.put("met", result.isMet());
    json.put("reference", json(result.reference()));
    json.put("best", json(result.best()));
    json.put("attempts", result.attempts().stream().map(QuantizationReport::json).toList());
    json.put("front", result.front().stream().map(QuantizationReport::json).toList());
    return json;
  }

  private static Map<String, Object> json(Attempt attempt) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", attempt.name());
    json.put("accuracy", attempt.accuracy());
    json.put("latencyMs", attempt.latencyMillis());
    json.put("floatLayers", attempt.floatLayers());
    return json;
  }

  /** Layers in the order of what they cost, and their errors in the order of the model. */
  static Map<String, Object> json(List<LayerSensitivity> ranked, List<LayerError> errors) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ranking", ranked.stream().map(layer -> entry(
        "layer", layer.layer(), "operator", layer.operator(), "aloneDb", layer.alone(),
        "freedDb", layer.freed().orElse(Double.NaN), "accuracyLoss", layer.accuracyLoss().orElse(Double.NaN),
        "scaleLossDb", layer.scaleLoss(),
        "wastefulScales", layer.hasWastefulScales())).toList());
    json.put("layers", errors.stream().map(error -> entry(
        "layer", error.layer(), "operator", error.operator(),
        "local", json(error.local()), "cumulative", json(error.cumulative()))).toList());
    return json;
  }

  private static Map<String, Object> json(Deviation deviation) {
    return entry("signalToNoiseDb", deviation.signalToNoise(), "cosine", deviation.cosine(),
        "meanSquaredError", deviation.meanSquaredError());
  }

  /** Keys and values in turn, in this order. */
  private static Map<String, Object> entry(Object... keysAndValues) {
    Map<String, Object> entry = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      entry.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return entry;
  }
}
