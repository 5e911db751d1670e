package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.conformance.ConformanceReport;
import dev.slipway.conformance.ConformanceRunner;
import dev.slipway.conformance.EngineExecution;
import dev.slipway.conformance.Execution;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
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
  private static final int RUNS_BETWEEN_LINES = 200;

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
      ConformanceReport report = new ConformanceRunner(target.backend(), counted(backend, terminal))
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
      throw new SlipwayException(
          "--filter: " + filter + " (expected: a regular expression: " + e.getDescription() + ")", e);
    }
  }

  /** Runs engines and tells now and then how many it ran. */
  private static Execution counted(Backend backend, Terminal terminal) {
    EngineExecution engines = new EngineExecution(backend);
    AtomicInteger runs = new AtomicInteger();
    return (graph, inputs) -> {
      if (runs.incrementAndGet() % RUNS_BETWEEN_LINES == 0) {
        terminal.note("tests: " + runs + " data sets run");
      }
      return engines.run(graph, inputs);
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
