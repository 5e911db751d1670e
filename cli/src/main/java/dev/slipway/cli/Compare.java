package dev.slipway.cli;

import dev.slipway.analysis.Cause;
import dev.slipway.analysis.CauseSearch;
import dev.slipway.analysis.Difference;
import dev.slipway.analysis.LayerComparison;
import dev.slipway.analysis.LayerDifference;
import dev.slipway.analysis.Report;
import dev.slipway.analysis.OnnxRuntime;
import dev.slipway.analysis.Threshold;
import dev.slipway.analysis.Trace;
import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code slipway compare}. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Runs a model in two ways and compares them layer by layer; exit status 1 where a layer computes something else.",
      "A runs on an engine (--target, --precision). B, which is A where it is left out, runs on the reference evaluation"
          + " or on --against. The local difference of a layer is what arises in it: A's result against the reference"
          + " evaluation of B's layer on A's own inputs; the total one contains that of all layers before."
    },
    footer = {
      "",
      "Examples: slipway compare model.onnx                       the engine against the reference",
      "          slipway compare model.onnx --target cuda --precision fp16",
      "          slipway compare quantized.onnx model.onnx        what INT8 costs in each layer",
      "          slipway compare model.onnx --onnxruntime --peer-jar onnxruntime.jar",
      "          slipway compare model.plan edited.onnx --data model.testdata.zip"
    })
final class Compare implements Callable<Integer> {
  private static final String REFERENCE = "reference";
  private static final String ONNX_RUNTIME = "onnxruntime";

  @Parameters(index = "0", paramLabel = "A", description = "The model in question: an .onnx file, or a .plan.")
  private Path actual;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "B",
      description = "The .onnx file to compare with (default: A; of a plan the graph that it was built of).")
  private Optional<Path> expected = Optional.empty();

  @Option(
      names = "--against",
      paramLabel = "TARGET",
      description = "What runs B: reference, cpu, cuda[:ORDINAL] or onnxruntime (default: reference).")
  private String against = REFERENCE;

  @Option(names = "--onnxruntime", description = "The same as --against onnxruntime.")
  private void againstOnnxRuntime(boolean wanted) {
    against = wanted ? ONNX_RUNTIME : against;
  }

  @Option(
      names = "--threshold",
      paramLabel = "T",
      description = "A layer diverges where the norm of its local difference is above T times that of its value, or the"
          + " largest above 10 T times the largest value (default: 1e-4; 2e-2 in fp16; 5e-2 where a model is quantised).")
  private Optional<Double> threshold = Optional.empty();

  @Option(names = "--worst", paramLabel = "N", description = "Print the N layers that differ most, not all.")
  private Optional<Integer> worst = Optional.empty();

  @Option(
      names = "--no-cause",
      negatable = true,
      description = "Do not look for the kernel, pass or constants that make the first layer diverge.")
  private boolean withoutCause;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write a page with B's graph, coloured by the error of each node; it needs no network.")
  private Optional<Path> report = Optional.empty();

  @Mixin private InputOptions input;
  @Mixin private PrecisionOption precision;
  @Mixin private BuildTuning tuning;
  @Mixin private PeerOption peer;
  @Mixin private CommonOptions common;

  /**
   * A run of A.
   *
   * @param plan what ran
   */
  private record Run(Plan plan, Graph source, Trace trace, Map<String, Tensor> inputs) {}

  @Override
  public Integer call() {
    threshold.filter(value -> !(value >= 0)).ifPresent(value -> {
      throw new SlipwayException("--threshold: " + value + " (expected: >= 0)");
    });
    report.ifPresent(page -> OutputFile.requireWritable("--report", page));
    Terminal terminal = common.terminal();
    try (Arena arena = Arena.ofShared()) {
      Run run = run(file(actual), arena);
      Graph model = expected.map(path -> file(path).requireOnnx("compare").graph()).orElse(run.source);
      terminal.note("running B on " + against + " ...");
      Trace reference = switch (against) {
        case REFERENCE -> Trace.ofReference(model, run.inputs);
        case ONNX_RUNTIME -> peerTrace(model, run.inputs);
        default -> engineTrace(model, run.inputs);
      };
      Threshold limit = limit(run.plan, model);
      LayerComparison comparison = LayerComparison.of(run.trace, reference, model, run.inputs, limit);
      requireAligned(comparison);
      Optional<LayerDifference> first = comparison.firstDivergence();
      Optional<Cause> cause = first.isEmpty() || withoutCause ? Optional.empty() : Optional.of(cause(run, model, limit));
      print(terminal, comparison, limit, cause);
      terminal.json(json(comparison, limit, cause));
      report.ifPresent(page -> OutputFile.write("--report", page, page(model, run.plan, comparison)));
      return first.isPresent() ? ExitStatus.NO : ExitStatus.DONE;
    }
  }

  private String page(Graph model, Plan plan, LayerComparison comparison) {
    Report page = Report.of(actual.getFileName().toString())
        .lead("compared layer by layer with " + expected.orElse(actual).getFileName() + " on " + against)
        .interfaceOf(model)
        .stage("B", "the largest error that arises in each node, relative to the largest element", model, comparison);
    plan.tuned().ifPresent(tuned -> page.stage("A", "what ran on " + tuned.device(), tuned));
    return page.opens("graph").html();
  }

  private static ModelFile file(Path path) {
    if (!Files.exists(path)) {
      throw new SlipwayException(path + ": no such file (expected: an .onnx or .plan file)");
    }
    return new ModelFile(path);
  }

  // ---- runs

  private Run run(ModelFile file, Arena arena) {
    try (RunnableModel runnable = RunnableModel.open(file, common)) {
      Map<String, Tensor> inputs = tensors(input.values(runnable, arena).getFirst());
      common.terminal().note("running A on " + common.chosenTarget().orElse(common.target()).backend() + " ...");
      if (file.isPlan()) {
        Plan plan = PlanFile.read(file.path(), arena);
        Engine engine = runnable.engine(List.of(), tuning, common.terminal());
        return new Run(plan, plan.portable().get(), Trace.ofEngine(engine, inputs), inputs);
      }
      Graph graph = file.graph();
      try (Backend backend = common.target().open()) {
        Plan plan = plan(graph, backend, precision.value(), inputs);
        return new Run(plan, graph, trace(plan, backend, inputs), inputs);
      }
    }
  }

  private Trace engineTrace(Graph graph, Map<String, Tensor> inputs) {
    try (Backend backend = Target.parse(against, common.threads()).open()) {
      return trace(plan(graph, backend, BuildOptions.Precision.FP32, inputs), backend, inputs);
    }
  }

  /** ONNX Runtime gives the values inside of a model where they are its outputs, which keeps it from fusing there. */
  private Trace peerTrace(Graph graph, Map<String, Tensor> inputs) {
    Map<String, ValueId> all = new LinkedHashMap<>(graph.outputs());
    for (Node node : graph.nodes()) {
      for (ValueId id : node.outputs()) {
        if (id.isPresent() && graph.type(id) instanceof TensorType) {
          all.putIfAbsent(graph.value(id).name(), id);
        }
      }
    }
    Path file = temporaryFile();
    try {
      OnnxWriter.write(graph.withOutputs(all), file);
      try (OnnxRuntime.Session session = peer.load().open(file, common.threads())) {
        session.bind(inputs);
        return new Trace(session.outputs());
      }
    } finally {
      file.toFile().delete();
    }
  }

  private static Path temporaryFile() {
    try {
      return Files.createTempFile("slipway-compare", ".onnx");
    } catch (IOException e) {
      throw new SlipwayException("temporary file: " + e + " (expected: a writable folder " + System.getProperty("java.io.tmpdir")
          + ")", e);
    }
  }

  private Plan plan(Graph graph, Backend backend, BuildOptions.Precision computed, Map<String, Tensor> inputs) {
    Map<String, long[]> dims = InputOptions.dims(inputs);
    List<OptimizationProfile> profiles = Profiles.covering(RunnableModel.inputs(graph), List.of(dims));
    try (Progress progress = common.terminal().progress()) {
      BuildOptions options =
          tuning.options().withPrecision(computed).withProfiles(profiles).withProgress(progress);
      return new Builder(backend, options).build(graph).plan();
    }
  }

  private static Trace trace(Plan plan, Backend backend, Map<String, Tensor> inputs) {
    try (Engine engine = Engine.of(plan, backend)) {
      return Trace.ofEngine(engine, inputs);
    }
  }

  private static Map<String, Tensor> tensors(Map<String, Datum> values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    values.forEach((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        throw new SlipwayException("input " + name + ": " + value.type() + " (expected: a tensor)");
      }
      tensors.put(name, tensor);
    });
    return tensors;
  }

  // ---- verdict

  private Threshold limit(Plan plan, Graph model) {
    if (threshold.isPresent()) {
      return new Threshold(threshold.get());
    }
    if (isQuantized(plan.portable().get()) || isQuantized(model)) {
      return Threshold.QUANTIZED;
    }
    return plan.manifest().precision().equals(BuildOptions.Precision.FP32.toString()) ? Threshold.FLOAT32 : Threshold.HALF;
  }

  private static boolean isQuantized(Graph graph) {
    return graph.nodes().stream().anyMatch(node -> node.op().schema().name().matches(".*Quantize.*Linear|QLinear.*|.*Integer"));
  }

  private static void requireAligned(LayerComparison comparison) {
    if (comparison.layers().isEmpty()) {
      throw new SlipwayException("A and B: no value has the same name and shape in both (expected: two forms of one model,"
          + " whose outputs at least have the same names)");
    }
  }

  private Cause cause(Run run, Graph model, Threshold limit) {
    CauseSearch search = new CauseSearch(model, run.inputs, limit, common.terminal()::note);
    return expected.isPresent() && search.differs(run.source)
        ? search.ofModels(run.source)
        : search.ofEngine(run.trace, run.plan, Pipelines.lower());
  }

  private void print(Terminal terminal, LayerComparison comparison, Threshold limit, Optional<Cause> cause) {
    Table table = Table.of("value", "node", "operator", ">local", ">local max", ">total", ">max abs", ">mean abs", ">cosine",
        ">SNR dB", "");
    for (LayerDifference layer : shown(comparison)) {
      Difference total = layer.total();
      table.row(layer.value(), layer.node(), layer.operator(), Quantity.error(layer.local().relative()),
          Quantity.error(layer.local().maxRelative()), Quantity.error(total.relative()), Quantity.error(total.maxAbs()),
          Quantity.error(total.meanAbs()), String.format(Locale.ROOT, "%.6f", total.cosine()),
          total.relative() == 0 ? "" : String.format(Locale.ROOT, "%.1f", total.snr()), layer.diverged() ? "DIVERGES" : "");
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
        + ", relative difference " + Quantity.error(layer.local().relative()) + " (threshold " + limit.relative() + ")");
    terminal.print("  of its " + layer.local().elements() + " elements: " + layer.local().histogram());
    cause.ifPresent(found -> terminal.print("cause: " + found));
  }

  private List<LayerDifference> shown(LayerComparison comparison) {
    return worst.map(count -> comparison.layers().stream()
            .sorted((a, b) -> Double.compare(b.local().relative(), a.local().relative()))
            .limit(count)
            .toList())
        .orElse(comparison.layers());
  }

  private static Map<String, Object> json(LayerComparison comparison, Threshold limit, Optional<Cause> cause) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("diverged", comparison.firstDivergence().isPresent());
    json.put("threshold", limit.relative());
    comparison.firstDivergence().ifPresent(layer -> json.put("firstDivergence", json(layer)));
    cause.ifPresent(found -> json.put("cause", Map.of(
        "kind", found.kind().name().toLowerCase(Locale.ROOT), "subject", found.subject(), "explanation", found.explanation())));
    json.put("unaligned", comparison.unaligned());
    json.put("layers", comparison.layers().stream().map(Compare::json).toList());
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
