package dev.slipway.cli;

import dev.slipway.analysis.ModelCost;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendUnavailableException;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway inspect}. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Prints what a model or a plan consists of and what it costs.",
    footer = {"", "Example: slipway inspect model.onnx --shapes x:1x3x224x224 --nodes"})
final class Inspect implements Callable<Integer> {
  @Mixin private ModelArgument model;

  @Option(
      names = "--shapes",
      paramLabel = "SHAPES",
      description = "Count for these shapes: NAME:1x3x224x224,... (default: the model's, symbols printed as"
          + " expressions).")
  private Optional<String> shapes = Optional.empty();

  @Option(names = "--nodes", description = "Print every node.")
  private boolean nodes;

  @Option(
      names = "--why",
      paramLabel = "NODE",
      description = "Print why a node was not fused, got its layout, or did not get a tactic; builds the model.")
  private Optional<String> why = Optional.empty();

  @Mixin private PrecisionOption precision;
  @Mixin private RangeSamples samples;
  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    ModelFile file = model.file();
    if (file.isPlan()) {
      inspectPlan(file);
    } else if (why.isPresent()) {
      explain(file, why.get());
    } else {
      inspectModel(file);
    }
    return ExitStatus.DONE;
  }

  private Graph atShapes(Graph graph) {
    List<String> names = graph.inputs().stream().map(id -> graph.value(id).name()).toList();
    return shapes.map(text -> graph.withInputShapes(ShapeList.shapes(ShapeList.parse("--shapes", text, names))))
        .orElse(graph);
  }

  /** Kernels have shapes: those of batch 1 where the batch alone is open, none where more is. */
  private static Graph atUsualShapes(Graph graph, Terminal terminal) {
    Map<String, TensorType> dynamic = Profiles.dynamicInputs(RunnableModel.inputs(graph));
    if (dynamic.isEmpty()) {
      return graph;
    }
    if (!Profiles.isBatchOnly(dynamic)) {
      terminal.note("shapes: open for " + String.join(", ", dynamic.keySet()) + ", so no tactic is chosen (--shapes)");
      return graph;
    }
    terminal.note("shapes: batch 1 (--shapes gives others)");
    Map<String, Shape> shapes = new LinkedHashMap<>();
    Profiles.atBatch(dynamic, 1).forEach((name, dims) -> shapes.put(name, Shape.of(dims)));
    return graph.withInputShapes(shapes);
  }

  // ---- models

  private void inspectModel(ModelFile file) {
    Terminal terminal = common.terminal();
    Graph graph = atShapes(file.graph());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.path().toString());
    terminal.print("model " + graph.name());
    graph.metadata().forEach((key, value) -> terminal.print("  " + key + ": " + value));
    describeGraph(terminal, graph, json);
    terminal.json(json);
  }

  private void describeGraph(Terminal terminal, Graph graph, Map<String, Object> json) {
    describeInterface(terminal, graph, json);
    describeOperators(terminal, graph, json);
    describeCost(terminal, graph, json);
    if (nodes) {
      describeNodes(terminal, graph, json);
    }
  }

  private static void describeInterface(Terminal terminal, Graph graph, Map<String, Object> json) {
    Map<String, String> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> inputs.put(graph.value(id).name(), graph.type(id).toString()));
    Map<String, String> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, id) -> outputs.put(name, graph.type(id).toString()));
    inputs.forEach((name, type) -> terminal.print("input   " + name + ": " + type));
    outputs.forEach((name, type) -> terminal.print("output  " + name + ": " + type));
    json.put("inputs", inputs);
    json.put("outputs", outputs);
  }

  private static void describeOperators(Terminal terminal, Graph graph, Map<String, Object> json) {
    Map<String, Integer> operators = OperatorCounts.of(graph);
    terminal.print("nodes   " + graph.nodes().size() + ": " + operators.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", ")));
    json.put("nodes", graph.nodes().size());
    json.put("operators", operators);
  }

  private static void describeCost(Terminal terminal, Graph graph, Map<String, Object> json) {
    ModelCost cost = ModelCost.of(graph);
    Dim bytes = ModelCost.bytes(cost.total());
    String types = cost.precision().entrySet().stream()
        .map(entry -> entry.getKey() + " " + Quantity.count((double) entry.getValue()))
        .collect(Collectors.joining(", "));
    terminal.print("parameters  " + Quantity.count((double) cost.parameters()) + " ("
        + Quantity.bytes((double) cost.weightBytes()) + ")" + (types.isEmpty() ? "" : ": " + types));
    terminal.print("FLOPs       " + Quantity.count(cost.total().flops()) + ", MACs "
        + Quantity.count(cost.total().macs()) + " (multiply-adds of products, two of the FLOPs each)");
    terminal.print("bytes moved " + Quantity.bytes(bytes) + " (every input and output of every node once)");
    ModelCost.intensity(cost.total()).ifPresent(value ->
        terminal.print("intensity   " + String.format(Locale.ROOT, "%.2f FLOPs/byte", value)));
    json.put("parameters", cost.parameters());
    json.put("weightBytes", cost.weightBytes());
    json.put("precision", cost.precision().entrySet().stream().collect(
        Collectors.toMap(entry -> entry.getKey().label(), Map.Entry::getValue, Long::sum, LinkedHashMap::new)));
    json.put("macs", number(cost.total().macs()));
    json.put("flops", number(cost.total().flops()));
    json.put("bytes", number(bytes));
    ModelCost.intensity(cost.total()).ifPresent(value -> json.put("intensity", value));
  }

  /** A number, or an expression as text. */
  private static Object number(Dim dim) {
    return dim instanceof Dim.Known(long size) ? size : dim.toString();
  }

  private static void describeNodes(Terminal terminal, Graph graph, Map<String, Object> json) {
    Table table = Table.of("node", "operator", "outputs", ">MACs", ">FLOPs", ">bytes", ">FLOPs/B");
    List<Object> entries = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Cost cost = graph.cost(node);
      Dim bytes = ModelCost.bytes(cost);
      String outputs = types(graph, node.outputs());
      String operator = OperatorCounts.name(node.op());
      table.row(node.name(), operator, outputs, Quantity.count(cost.macs()), Quantity.count(cost.flops()),
          Quantity.bytes(bytes),
          ModelCost.intensity(cost).map(value -> String.format(Locale.ROOT, "%.2f", value)).orElse(""));
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", node.name());
      entry.put("operator", operator);
      entry.put("outputs", outputs);
      entry.put("macs", number(cost.macs()));
      entry.put("flops", number(cost.flops()));
      entry.put("bytes", number(bytes));
      entries.add(entry);
    }
    terminal.print("");
    terminal.print(table);
    json.put("nodeList", entries);
  }

  private static String types(Graph graph, List<ValueId> ids) {
    return ids.stream()
        .filter(ValueId::isPresent)
        .map(id -> graph.type(id).toString())
        .collect(Collectors.joining(", "));
  }

  // ---- reasons

  private void explain(ModelFile file, String name) {
    Terminal terminal = common.terminal();
    Graph graph = atUsualShapes(atShapes(file.graph()), terminal);
    try (Backend backend = common.target().open(); Progress progress = terminal.progress()) {
      BuildOptions options = tuning.options()
          .withPrecision(precision.value())
          .withSamples(samples.of(graph))
          .withProgress(progress);
      BuildResult result = new Builder(backend, options).build(graph);
      Graph tuned = result.plan().tuned().orElseThrow().graph();
      Map<String, List<String>> reasons = new LinkedHashMap<>();
      result.reasons().forEach((node, texts) -> {
        if (isPartOf(name, node)) {
          reasons.put(node, texts);
        }
      });
      Optional<Node> holder = tuned.nodes().stream().filter(node -> isPartOf(name, node.name())).findFirst();
      if (reasons.isEmpty() && holder.isEmpty() && graph.node(name).isEmpty()) {
        throw unknown(graph, name);
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("node", name);
      json.put("runsIn", holder.map(Node::name).orElse(""));
      json.put("tactic", holder.map(node -> tactic(result.plan().tuned().orElseThrow(), node)).orElse(""));
      json.put("reasons", reasons);
      terminal.print(holder.map(node -> node.name().equals(name)
              ? name + " is a step of its own: " + tactic(result.plan().tuned().orElseThrow(), node)
              : name + " runs in the step " + node.name() + ": " + tactic(result.plan().tuned().orElseThrow(), node))
          .orElse(name + " is not in the plan: it was folded, eliminated, or merged into another node"));
      reasons.forEach((node, texts) -> texts.forEach(text -> terminal.print("  " + node + ": " + text)));
      if (reasons.isEmpty()) {
        terminal.print("  nothing was refused");
      }
      terminal.json(json);
    }
  }

  /** Nodes that replace several carry their names joined by +. */
  private static boolean isPartOf(String name, String node) {
    return node.equals(name) || List.of(node.split("\\+")).contains(name);
  }

  private static SlipwayException unknown(Graph graph, String name) {
    List<String> similar = graph.nodes().stream()
        .map(Node::name)
        .filter(node -> node.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT)))
        .limit(5)
        .toList();
    return new SlipwayException("--why: no node " + name + " (expected: a node of the model"
        + (similar.isEmpty() ? "; --nodes lists them)" : ", for example " + String.join(", ", similar) + ")"));
  }

  private static String tactic(Plan.Tuned tuned, Node node) {
    return Optional.ofNullable(tuned.choices().get(node.name()))
        .map(choice -> choice.tactic() + (choice.tuning().parameters().isEmpty() ? "" : " " + choice.tuning()))
        .orElse("no tactic, the reference evaluation runs");
  }

  // ---- plans

  private void inspectPlan(ModelFile file) {
    if (why.isPresent()) {
      throw new SlipwayException(file.path() + ": a plan keeps no reasons (expected: the .onnx file for --why)");
    }
    Terminal terminal = common.terminal();
    try (Arena arena = Arena.ofShared()) {
      Plan plan = PlanFile.read(file.path(), arena);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("plan", file.path().toString());
      describeManifest(terminal, plan.manifest(), json);
      if (plan.tuned().isPresent()) {
        describeTuned(terminal, plan.tuned().get(), json);
        describeMemory(terminal, file, json);
      } else {
        terminal.print("not tuned for any device; the portable graph:");
        describeGraph(terminal, plan.portable().get(), json);
      }
      terminal.json(json);
    }
  }

  private static void describeManifest(Terminal terminal, Plan.Manifest manifest, Map<String, Object> json) {
    terminal.print("plan of model " + manifest.model());
    terminal.print("SHA-256     " + (manifest.modelDigest().isEmpty() ? "not known" : manifest.modelDigest())
        + " of the model file");
    terminal.print("precision   " + manifest.precision());
    List<Object> profiles = new ArrayList<>();
    for (OptimizationProfile profile : manifest.profiles()) {
      Map<String, Object> ranges = new LinkedHashMap<>();
      profile.ranges().forEach((name, range) -> {
        terminal.print("profile     " + name + " " + range + ", tuned at " + Shape.text(range.opt()));
        ranges.put(name, Map.of("min", range.min(), "opt", range.opt(), "max", range.max()));
      });
      profiles.add(ranges);
    }
    json.put("model", manifest.model());
    json.put("modelDigest", manifest.modelDigest());
    json.put("precision", manifest.precision());
    json.put("profiles", profiles);
  }

  private void describeTuned(Terminal terminal, Plan.Tuned tuned, Map<String, Object> json) {
    terminal.print("device      " + tuned.device() + " (" + tuned.fingerprint() + ")");
    Graph graph = tuned.graph();
    describeInterface(terminal, graph, json);
    Map<String, Integer> tactics = new TreeMap<>();
    Map<String, Integer> layouts = new TreeMap<>();
    Reorders reorders = Reorders.of(tuned);
    for (Node node : graph.nodes()) {
      Plan.Choice choice = tuned.choices().get(node.name());
      tactics.merge(choice == null ? "reference" : choice.tactic().name(), 1, Integer::sum);
      layout(graph, node).ifPresent(layout -> layouts.merge(layout.toString(), 1, Integer::sum));
    }
    long packed = tuned.packed().values().stream().mapToLong(segment -> segment.byteSize()).sum();
    terminal.print("steps       " + graph.nodes().size() + ", " + reorders.count() + " of them reorders");
    terminal.print("tactics     " + counts(tactics));
    terminal.print("layouts     " + counts(layouts));
    terminal.print("packed      " + Quantity.bytes((double) packed) + " of weights in the form that kernels like");
    json.put("device", tuned.device());
    json.put("fingerprint", tuned.fingerprint());
    json.put("steps", graph.nodes().size());
    json.put("reorders", reorders.count());
    json.put("reorderList", reorders.json());
    json.put("tactics", tactics);
    json.put("layouts", layouts);
    json.put("packedBytes", packed);
    if (reorders.count() > 0) {
      terminal.print("");
      terminal.print(reorders.table());
    }
    if (nodes) {
      describeSteps(terminal, tuned, json);
    }
  }

  private static String counts(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  private static Optional<Layout> layout(Graph graph, Node node) {
    return node.outputs().stream()
        .filter(ValueId::isPresent)
        .map(graph::type)
        .filter(TensorType.class::isInstance)
        .map(type -> ((TensorType) type).layout())
        .findFirst();
  }

  private static void describeSteps(Terminal terminal, Plan.Tuned tuned, Map<String, Object> json) {
    Table table = Table.of("step", "operator", "outputs", "tactic", "tuning", ">micros");
    List<Object> steps = new ArrayList<>();
    for (Node node : tuned.graph().nodes()) {
      Optional<Plan.Choice> choice = Optional.ofNullable(tuned.choices().get(node.name()));
      String tactic = choice.map(made -> made.tactic().toString()).orElse("reference");
      String parameters = choice.map(made -> made.tuning().toString()).orElse("");
      Optional<Double> micros = choice.map(Plan.Choice::micros).filter(time -> !time.isNaN());
      String outputs = types(tuned.graph(), node.outputs());
      String operator = OperatorCounts.name(node.op());
      table.row(node.name(), operator, outputs, tactic, parameters,
          micros.map(time -> String.format(Locale.ROOT, "%.1f", time)).orElse(""));
      Map<String, Object> step = new LinkedHashMap<>();
      step.put("name", node.name());
      step.put("operator", operator);
      step.put("outputs", outputs);
      step.put("tactic", tactic);
      step.put("tuning", parameters);
      micros.ifPresent(time -> step.put("micros", time));
      steps.add(step);
    }
    terminal.print("");
    terminal.print(table);
    json.put("stepList", steps);
  }

  /** Memory is known where the plan's device is here. */
  private void describeMemory(Terminal terminal, ModelFile file, Map<String, Object> json) {
    EngineOptions options = common.chosenTarget()
        .map(Target::engineOptions)
        .orElseGet(() -> EngineOptions.defaults().withThreads(common.threads()));
    try (Engine engine = Engine.load(file.path(), options)) {
      long weights = engine.weightBytes();
      terminal.print("weights     " + Quantity.bytes((double) weights));
      json.put("weightBytes", weights);
      json.put("tunedForThisDevice", engine.isTuned());
      long largest = 0;
      for (OptimizationProfile profile : engine.manifest().profiles()) {
        largest = Math.max(largest, engine.contextBytes(profile.maxShapes()));
      }
      if (engine.manifest().profiles().isEmpty() && Profiles.dynamicInputs(engine.inputs()).isEmpty()) {
        largest = engine.contextBytes(Map.of());
      }
      terminal.print("workspace   " + Quantity.bytes((double) largest) + " for each context, at the largest shapes");
      json.put("workspaceBytes", largest);
      describeStepsTogether(terminal, engine, json);
    } catch (BackendUnavailableException e) {
      terminal.note("memory is not known here: " + e.getMessage());
    }
  }

  /** Of the first profile. */
  private void describeStepsTogether(Terminal terminal, Engine engine, Map<String, Object> json) {
    List<OptimizationProfile> profiles = engine.manifest().profiles();
    if (profiles.isEmpty() && !Profiles.dynamicInputs(engine.inputs()).isEmpty()) {
      return;
    }
    List<List<List<String>>> groups =
        engine.stepsTogether(profiles.isEmpty() ? Map.of() : profiles.getFirst().maxShapes());
    json.put("together", groups);
    if (groups.isEmpty()) {
      return;
    }
    long steps = groups.stream().flatMap(List::stream).mapToLong(List::size).sum();
    terminal.print("together    " + steps + " steps in " + groups.size() + " groups, each thread a part of a group");
    for (List<List<String>> group : nodes ? groups : List.<List<List<String>>>of()) {
      terminal.print("            "
          + group.stream().map(part -> String.join(", ", part)).collect(Collectors.joining(" | ")));
    }
  }
}
