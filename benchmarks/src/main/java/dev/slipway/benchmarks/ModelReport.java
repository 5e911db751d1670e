package dev.slipway.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Results as JSON, and as a table for a document.
 *
 * @param device how the backend describes itself
 * @param command that gave them
 * @param results of all workloads, each the median of all runs
 */
record ModelReport(String device, String command, int samples, int runs, List<ModelResult> results) {

  String toJson() throws IOException {
    StringBuilder text = new StringBuilder("{\n");
    field(text, "date", LocalDate.now().toString());
    field(text, "machine", machine());
    field(text, "device", device);
    field(text, "java", System.getProperty("java.vm.version"));
    field(text, "javaOptions", String.join(" ", options()));
    field(text, "command", command);
    field(text, "peer", OnnxRuntimePeer.VERSION);
    text.append("  \"samples\": ").append(samples).append(",\n  \"runs\": ").append(runs).append(",\n");
    for (int threads : threadCounts()) {
      text.append(String.format(Locale.ROOT, "  \"geometricMean%dThreads\": %.3f,\n", threads,
          ModelResult.meanRatio(results, threads)));
    }
    text.append("  \"rows\": [");
    String separator = "\n";
    for (ModelResult row : results) {
      text.append(separator).append(String.format(Locale.ROOT,
          "    {\"model\": \"%s\", \"threads\": %d, \"slipwayMs\": %.4f, \"onnxruntimeMs\": %.4f, \"ratio\": %.3f,"
              + " \"buildSeconds\": %.2f, \"loadMs\": %.2f, \"onnxruntimeLoadMs\": %.2f,"
              + " \"maxRelativeDifference\": %.2e%s}",
          row.model(), row.threads(), row.oursMillis(), row.theirsMillis(), row.ratio(), row.buildSeconds(),
          row.loadMillis(), row.theirLoadMillis(), row.difference(), floatSpeedup(row)));
      separator = ",\n";
    }
    return text.append("\n  ]\n}\n").toString();
  }

  private static String floatSpeedup(ModelResult row) {
    return Double.isNaN(row.floatSpeedup())
        ? ""
        : String.format(Locale.ROOT, ", \"floatSpeedup\": %.3f", row.floatSpeedup());
  }

  private static void field(StringBuilder text, String name, String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"");
    text.append("  \"").append(name).append("\": \"").append(escaped).append("\",\n");
  }

  /** A Markdown table: a row for each model, three columns for each number of threads. */
  String toMarkdown() {
    StringBuilder text = new StringBuilder("| model |");
    StringBuilder rule = new StringBuilder("|---|");
    List<Integer> counts = threadCounts();
    for (int threads : counts) {
      text.append(" ").append(threads).append(threads == 1 ? " thread" : " threads")
          .append(": Slipway ms | ONNX Runtime ms | ratio |");
      rule.append("---|---|---|");
    }
    text.append("\n").append(rule).append("\n");
    byModel().forEach((model, row) -> {
      text.append("| ").append(model).append(" |");
      for (int threads : counts) {
        text.append(Optional.ofNullable(row.get(threads)).map(ModelReport::cells).orElse(" – | – | – |"));
      }
      text.append("\n");
    });
    text.append("| **geometric mean** |");
    counts.forEach(threads -> text.append(
        String.format(Locale.ROOT, " | | **%.2f** |", ModelResult.meanRatio(results, threads))));
    return text.append("\n").toString();
  }

  private static String cells(ModelResult row) {
    return String.format(Locale.ROOT, " %.3f | %.3f | %.2f |", row.oursMillis(), row.theirsMillis(), row.ratio());
  }

  /** Means and the lowest ratio, for people. */
  String summary() {
    StringBuilder text = new StringBuilder();
    for (int threads : threadCounts()) {
      ModelResult lowest = results.stream()
          .filter(result -> result.threads() == threads)
          .min(Comparator.comparingDouble(ModelResult::ratio))
          .orElseThrow();
      text.append(String.format(Locale.ROOT, "%d threads: geometric mean %.2f, lowest %.2f (%s)%n", threads,
          ModelResult.meanRatio(results, threads), lowest.ratio(), lowest.model()));
      double speedup = ModelResult.meanFloatSpeedup(results, threads);
      if (!Double.isNaN(speedup)) {
        text.append(String.format(Locale.ROOT, "  against our float32: geometric mean %.2f%n", speedup));
      }
    }
    return text.toString();
  }

  private Map<String, Map<Integer, ModelResult>> byModel() {
    Map<String, Map<Integer, ModelResult>> rows = new LinkedHashMap<>();
    results.forEach(result ->
        rows.computeIfAbsent(result.model(), model -> new LinkedHashMap<>()).put(result.threads(), result));
    return rows;
  }

  private List<Integer> threadCounts() {
    return results.stream().map(ModelResult::threads).distinct().sorted().toList();
  }

  /** Options of the JVM, without the folders of this machine. */
  private static List<String> options() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-X") || option.startsWith("-Dslipway"))
        .toList();
  }

  private static String machine() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) {
      return System.getProperty("os.arch");
    }
    return Files.readAllLines(info).stream()
        .filter(line -> line.startsWith("model name"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .orElse(System.getProperty("os.arch")) + ", " + Runtime.getRuntime().availableProcessors() + " cores";
  }
}
