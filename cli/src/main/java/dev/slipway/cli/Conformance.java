package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.conformance.ConformanceReport;
import dev.slipway.conformance.ConformanceRunner;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway conformance}. */
@Command(
    name = "conformance",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs the ONNX backend tests on a backend; exit status 1 where one fails.",
    footer = {"", "Example: slipway conformance --data onnx/onnx/backend/test/data --target reference"})
final class Conformance implements Callable<Integer> {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "onnx/backend/test/data of ONNX's sources.")
  private Path data;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only tests in whose names this is found, for example node/test_conv.")
  private String filter = "";

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Terminal terminal = common.terminal();
    Pattern pattern = pattern();
    Target target = common.target();
    try (Backend backend = target.open()) {
      ConformanceReport report = new ConformanceRunner(target.backend(), (graph, inputs) -> run(backend, graph, inputs))
          .run(data, pattern, terminal::note);
      print(terminal, report);
      terminal.json(json(report));
      return report.isPassed() ? ExitStatus.DONE : ExitStatus.NO;
    }
  }

  private Pattern pattern() {
    try {
      return Pattern.compile(filter);
    } catch (PatternSyntaxException e) {
      throw new SlipwayException("--filter: " + filter + " (expected: a regular expression: " + e.getDescription() + ")", e);
    }
  }

  /** Builds an engine for the shapes of the inputs, and runs it. */
  private static List<Datum> run(Backend backend, Graph graph, List<Datum> inputs) {
    Map<String, Datum> named = new LinkedHashMap<>();
    Map<String, ValueType> types = new LinkedHashMap<>();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      String name = graph.value(graph.inputs().get(i)).name();
      named.put(name, inputs.get(i));
      types.put(name, graph.type(graph.inputs().get(i)));
      if (inputs.get(i) instanceof Tensor tensor) {
        shapes.put(name, tensor.dims());
      }
    }
    BuildOptions options = BuildOptions.defaults()
        .withTuning(BuildOptions.Tuning.OFF)
        .withProfiles(Profiles.covering(types, List.of(shapes)));
    BuildResult result = new Builder(backend, options).build(graph);
    try (Engine engine = Engine.of(result.plan(), backend); ExecutionContext context = engine.newContext()) {
      List<Datum> outputs = new ArrayList<>();
      context.runAny(named).values().forEach(value -> outputs.add(kept(value)));
      return outputs;
    }
  }

  /** Outputs of a context end with it. */
  private static Datum kept(Datum value) {
    return switch (value) {
      case Tensor tensor -> tensor.copy(Arena.ofAuto());
      case Datum.Sequence(var type, List<Datum> elements) ->
          new Datum.Sequence(type, elements.stream().map(Conformance::kept).toList());
      case Datum.Maybe(var type, var content) -> new Datum.Maybe(type, content.map(Conformance::kept));
    };
  }

  private static void print(Terminal terminal, ConformanceReport report) {
    Table table = Table.of("backend", ">passed", ">failed", ">unsupported");
    table.row(report.backend(), report.passed().size(), report.failed().size(), report.unsupported().size());
    terminal.print(table);
    if (!report.failed().isEmpty()) {
      Table failures = Table.of("failed", "reason");
      report.failed().forEach(finding -> failures.row(finding.test(), finding.reason()));
      terminal.print("");
      terminal.print(failures);
    }
    if (!report.unsupported().isEmpty()) {
      Map<String, Integer> reasons = new TreeMap<>();
      report.unsupported().forEach(finding -> reasons.merge(finding.reason(), 1, Integer::sum));
      Table unsupported = Table.of(">tests", "unsupported because");
      reasons.forEach((reason, count) -> unsupported.row(count, reason));
      terminal.print("");
      terminal.print(unsupported);
    }
  }

  private static Map<String, Object> json(ConformanceReport report) {
    List<Object> failures = new ArrayList<>();
    for (ConformanceReport.Finding finding : report.failed()) {
      Map<String, Object> failure = new LinkedHashMap<>();
      failure.put("test", finding.test());
      failure.put("reason", finding.reason());
      failures.add(failure);
    }
    Map<String, Object> reasons = new LinkedHashMap<>();
    report.unsupported().forEach(finding -> reasons.put(finding.test(), finding.reason()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("backend", report.backend());
    json.put("passed", report.passed().size());
    json.put("failed", report.failed().size());
    json.put("unsupported", report.unsupported().size());
    json.put("failures", failures);
    json.put("reasons", reasons);
    return json;
  }
}
