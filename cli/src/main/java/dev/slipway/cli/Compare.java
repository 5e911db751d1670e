package dev.slipway.cli;

import dev.slipway.analysis.Cause;
import dev.slipway.analysis.CauseSearch;
import dev.slipway.analysis.LayerComparison;
import dev.slipway.analysis.LayerDifference;
import dev.slipway.analysis.Report;
import dev.slipway.analysis.Threshold;
import dev.slipway.analysis.Trace;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.graph.Graph;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.tensor.SlipwayException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
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
      "A runs on an engine (--target, --precision). B, which is A where it is left out, runs on the reference"
          + " evaluation or on --against. The local difference of a layer is what arises in it: A's result against the"
          + " reference evaluation of B's layer on A's own inputs; the total one contains that of all layers before."
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
  private String against = TracedRuns.REFERENCE;

  @Option(names = "--onnxruntime", description = "The same as --against onnxruntime.")
  private void againstOnnxRuntime(boolean wanted) {
    against = wanted ? TracedRuns.ONNX_RUNTIME : against;
  }

  @Option(
      names = "--threshold",
      paramLabel = "T",
      description = "A layer diverges where the norm of its local difference is above T times that of its value, or the"
          + " largest above 10 T times the largest value (default: 1e-4; 2e-2 in fp16; 5e-2 where a model is"
          + " quantised).")
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

  @Override
  public Integer call() {
    check();
    Terminal terminal = common.terminal();
    try (Arena arena = Arena.ofShared()) {
      TracedRuns runs = new TracedRuns(common, tuning, peer);
      Optional<ModelFile> other = expected.map(path -> file(path).requireOnnx("compare"));
      TracedRuns.Run run = runs.ofEngine(file(actual), input, precision.value(), arena);
      Graph model = other.map(ModelFile::graph).orElse(run.source());
      Trace reference = runs.on(against, model, run.inputs());
      Threshold limit = limit(run.plan(), model);
      LayerComparison comparison = LayerComparison.of(run.trace(), reference, model, run.inputs(), limit);
      requireAligned(comparison);
      Optional<LayerDifference> first = comparison.firstDivergence();
      Optional<Cause> cause = first.isEmpty() || withoutCause
          ? Optional.empty()
          : Optional.of(cause(run, model, limit));
      ComparisonResult result = new ComparisonResult(comparison, limit, cause);
      result.print(terminal, worst);
      terminal.json(result.json());
      report.ifPresent(page -> OutputFile.write("--report", page, page(model, run.plan(), comparison)));
      return first.isPresent() ? ExitStatus.NO : ExitStatus.DONE;
    }
  }

  /** Refuses what can be refused before long work. */
  private void check() {
    threshold.ifPresent(value -> OptionValue.atLeast("--threshold", value, 0));
    worst.ifPresent(count -> OptionValue.atLeast("--worst", count, 1));
    report.ifPresent(page -> OutputFile.requireWritable("--report", page));
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

  private Threshold limit(Plan plan, Graph model) {
    if (threshold.isPresent()) {
      return new Threshold(threshold.get());
    }
    if (isQuantized(plan.portable().get()) || isQuantized(model)) {
      return Threshold.QUANTIZED;
    }
    return plan.manifest().precision().equals(BuildOptions.Precision.FP32.toString())
        ? Threshold.FLOAT32
        : Threshold.HALF;
  }

  private static boolean isQuantized(Graph graph) {
    return graph.nodes().stream()
        .anyMatch(node -> node.op().schema().name().matches(".*Quantize.*Linear|QLinear.*|.*Integer"));
  }

  private static void requireAligned(LayerComparison comparison) {
    if (comparison.layers().isEmpty()) {
      throw new SlipwayException("A and B: no value has the same name and shape in both (expected: two forms of one"
          + " model, whose outputs at least have the same names)");
    }
  }

  private Cause cause(TracedRuns.Run run, Graph model, Threshold limit) {
    CauseSearch search = new CauseSearch(model, run.inputs(), limit, common.terminal()::note);
    Optional<Cause> models = expected.isPresent() ? search.ofModels(run.source()) : Optional.empty();
    return models.orElseGet(() -> search.ofEngine(run.trace(), run.plan(), Pipelines.lower()));
  }
}
