package dev.slipway.cli;

import dev.slipway.analysis.Report;
import dev.slipway.analysis.ReportServer;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.graph.Graph;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway view}. */
@Command(
    name = "view",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Shows a model or a plan in the browser: the graph before and after the optimiser, what each node is"
        + " and costs, how weights are distributed. The page is served on this machine only, or written to a file that"
        + " needs no network.",
    footer = {
      "",
      "Examples: slipway view model.onnx",
      "          slipway view model.plan -o model.html"
    })
final class View implements Callable<Integer> {
  @Mixin private ModelArgument model;

  @Option(names = {"-o", "--output"}, paramLabel = "FILE.html", description = "Write the page to a file, serve nothing.")
  private Optional<Path> output = Optional.empty();

  @Option(names = "--port", paramLabel = "N", description = "Serve the page at this port (default: any that is free).")
  private int port;

  @Option(names = "--no-browser", description = "Print the address and open no browser.")
  private boolean noBrowser;

  @Option(
      names = "--shapes",
      paramLabel = "SHAPES",
      description = "Show a model for these shapes: NAME:1x3x224x224,... (default: its own, symbols as they are).")
  private Optional<String> shapes = Optional.empty();

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws InterruptedException {
    ModelFile file = model.file();
    if (port < 0 || port > 65_535) {
      throw new SlipwayException("--port: " + port + " (expected: 0 to 65535)");
    }
    Terminal terminal = common.terminal();
    if (output.isPresent()) {
      Path page = OutputFile.requireWritable("--output", output.get());
      OutputFile.write("--output", page, page(file));
      terminal.print("wrote " + page);
      terminal.json(Map.of("model", file.path().toString(), "page", page.toString()));
      return ExitStatus.DONE;
    }
    page(file);
    try (ReportServer server = ReportServer.start(port, () -> page(file))) {
      terminal.print("serving " + file.path() + " at " + server.address() + " until it is interrupted (Ctrl+C)");
      terminal.json(Map.of("model", file.path().toString(), "address", server.address().toString()));
      if (!noBrowser) {
        browse(server.address(), terminal);
      }
      new CountDownLatch(1).await();
      return ExitStatus.DONE;
    }
  }

  /** Made anew for each request, so that loading the page again shows the file as it is then. */
  private String page(ModelFile file) {
    Report report = Report.of(file.path().getFileName().toString());
    return file.isPlan() ? planPage(report, file) : modelPage(report, file.graph());
  }

  private String modelPage(Report report, Graph read) {
    List<String> names = read.inputs().stream().map(id -> read.value(id).name()).toList();
    Graph graph = shapes.map(text -> read.withInputShapes(ShapeList.shapes(ShapeList.parse("--shapes", text, names))))
        .orElse(read);
    report.lead("ONNX model " + graph.name()).interfaceOf(graph);
    graph.metadata().forEach(report::fact);
    return report
        .stage("Model", "as it is in the file", graph)
        .stage("Optimised", "folded, eliminated and fused: the portable graph of a plan", Pipelines.lower(graph).graph())
        .html();
  }

  private String planPage(Report report, ModelFile file) {
    if (shapes.isPresent()) {
      throw new SlipwayException("--shapes: " + shapes.get() + " (expected: an .onnx file; a plan keeps its shapes)");
    }
    try (Arena arena = Arena.ofShared()) {
      Plan plan = PlanFile.read(file.path(), arena);
      Plan.Manifest manifest = plan.manifest();
      Graph portable = plan.portable().get();
      report.lead("plan of " + manifest.model() + ", " + manifest.precision()
          + plan.tuned().map(tuned -> ", for " + tuned.device()).orElse(", not tuned for any device"));
      manifest.metadata().forEach(report::fact);
      report.interfaceOf(portable).stage("Optimised", "the portable graph, which runs on any device", portable);
      plan.tuned().ifPresent(tuned -> report.stage("Engine", "what runs on " + tuned.device(), tuned));
      return report.html();
    }
  }

  /** Opens the browser of the desktop, where there is one. */
  private static void browse(URI address, Terminal terminal) {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    List<String> command = system.contains("win")
        ? List.of("rundll32", "url.dll,FileProtocolHandler", address.toString())
        : List.of(system.contains("mac") ? "open" : "xdg-open", address.toString());
    try {
      new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      terminal.note("no browser could be opened (" + e.getMessage() + "); open the address by hand");
    }
  }
}
