package dev.slipway.analysis;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.WorkspaceUse;
import dev.slipway.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is known of a model, for {@link #html()}: one page that needs nothing else. Collected call by call; for one
 * thread at a time.
 */
public final class Report {
  private final String title;
  private final ReportGraphs graphs = new ReportGraphs();
  private final List<ReportGraph> stages = new ArrayList<>();
  private final List<Fact> facts = new ArrayList<>();
  private String lead = "";
  private String opens = "summary";
  private List<Double> latencies = List.of();
  private Optional<Map<String, Object>> roofline = Optional.empty();
  private Optional<Map<String, Object>> memory = Optional.empty();

  /** A line of the summary: a text, or a value in a unit; a headline stands on a card of its own. */
  private record Fact(
      String label, Optional<String> text, Optional<String> unit, Optional<Object> value, String note,
      boolean headline) {}

  private Report(String title) {
    this.title = title;
  }

  /** Begins a report; the title is the name of the model's file, say. */
  public static Report of(String title) {
    return new Report(title);
  }

  /** Says in a few words what the report is about. */
  public Report lead(String words) {
    lead = words;
    return this;
  }

  /** Opens the page at one of its parts instead of the summary: {@code graph}, {@code layers}, ... */
  public Report opens(String part) {
    opens = part;
    return this;
  }

  /** Adds a line to the summary. */
  public Report fact(String label, String text) {
    facts.add(new Fact(label, Optional.of(text), Optional.empty(), Optional.empty(), "", false));
    return this;
  }

  /** Adds a number that is shown large. */
  private void headline(String label, String unit, Object value, String note) {
    facts.add(new Fact(label, Optional.empty(), Optional.of(unit), Optional.of(value), note, true));
  }

  /** Adds the graph as it is after a stage; the stages are compared in the order in which they come. */
  public Report stage(String stage, String note, Graph graph) {
    stages.add(graphs.of(stage, note, graph, ReportGraphs.Measures.NONE));
    return this;
  }

  /** Adds what a plan runs on the device that it was tuned for, with the tactics and their times. */
  public Report stage(String stage, String note, Plan.Tuned tuned) {
    stages.add(graphs.of(
        stage, note, tuned.graph(), new ReportGraphs.Measures(tuned.choices(), Map.of(), Map.of())));
    return this;
  }

  /** Adds the model of a comparison with the error that arises in each node. */
  public Report stage(String stage, String note, Graph expected, LayerComparison comparison) {
    Map<String, Double> errors = new HashMap<>();
    comparison.layers().forEach(layer -> errors.merge(layer.node(), layer.local().maxRelative(), Math::max));
    stages.add(graphs.of(stage, note, expected, new ReportGraphs.Measures(Map.of(), Map.of(), errors)));
    return this;
  }

  /** Adds what an engine runs, with the times of its steps, and how long runs without timing took. */
  public Report stage(String stage, String note, Engine engine, ModelProfile profile) {
    Map<String, LayerProfile> layers = new HashMap<>();
    profile.layers().forEach(layer -> layers.put(layer.node(), layer));
    stages.add(graphs.of(stage, note, engine.graph(), new ReportGraphs.Measures(Map.of(), layers, Map.of())));
    latencies = Arrays.stream(profile.plainRuns()).mapToDouble(nanos -> nanos / 1e6).boxed().toList();
    headline("Latency", "ms", profile.plainMillis(), "median of " + latencies.size() + " runs");
    fact("Device", profile.device());
    fact("Precision", profile.precision());
    fact("Threads", Integer.toString(profile.threads()));
    profile.rest().forEach((name, millis) ->
        fact("Beside layers", String.format(Locale.ROOT, "%s %.3f ms", name, millis)));
    return this;
  }

  /** Adds the peaks of the machine. */
  public Report roofline(Roofline peaks) {
    roofline = Optional.of(Map.of(
        "compute", peaks.peaks().compute().stream().filter(peak -> peak.threads() == peaks.threads()).toList(),
        "memory", peaks.peaks().memory(peaks.threads())));
    return this;
  }

  /** Adds how a run uses its workspace. */
  public Report memory(WorkspaceUse use, long weightBytes) {
    memory = Optional.of(Map.of("workspaceBytes", use.bytes(), "weightBytes", weightBytes, "steps", use.steps()));
    return this;
  }

  /** Adds what the model takes, gives and costs to the summary. */
  public Report interfaceOf(Graph graph) {
    ModelCost cost = ModelCost.of(graph);
    headline("Parameters", "count", cost.parameters(), cost.precision().keySet().stream()
        .map(DType::label).collect(Collectors.joining(", ")));
    headline("Weights", "bytes", cost.weightBytes(), "");
    headline("MACs", "count", ReportGraphs.number(cost.total().macs()), "multiply-adds of products");
    headline("FLOPs", "count", ReportGraphs.number(cost.total().flops()), "a multiply-add counts two");
    headline("Bytes moved", "bytes", ReportGraphs.number(ModelCost.bytes(cost.total())),
        ModelCost.intensity(cost.total())
            .map(intensity -> String.format(Locale.ROOT, "%.2f FLOPs/byte", intensity)).orElse(""));
    graph.inputs().forEach(id -> fact("Input", graph.value(id).name() + ": " + graph.type(id)));
    graph.outputs().forEach((name, id) -> fact("Output", name + ": " + graph.type(id)));
    return this;
  }

  /** The page: one HTML file with its scripts, styles and data, which loads nothing. */
  public String html() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("title", title);
    data.put("lead", lead);
    data.put("opens", opens);
    data.put("facts", facts);
    data.put("stages", stages);
    data.put("latencies", latencies);
    roofline.ifPresent(peaks -> data.put("roofline", peaks));
    memory.ifPresent(use -> data.put("memory", use));
    data.put("weights", graphs.statistics());
    return ReportPage.html(title, data);
  }
}
