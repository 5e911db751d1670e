package dev.slipway.cli;

import dev.slipway.analysis.Report;
import dev.slipway.analysis.ReportServer;
import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
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

  @Option(names = {"-o", "--output"}, paramLabel = "FILE.html",
      description = "Write the page to a file, serve nothing.")
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
    if (file.isPlan() && shapes.isPresent()) {
      throw new SlipwayException("--shapes: " + shapes.get() + " (expected: an .onnx file; a plan keeps its shapes)");
    }
    Report report = ModelReport.of(file, this::atShapes).opens("graph");
    return file.isPlan() ? ModelReport.withEngine(report, file, common.terminal()).html() : report.html();
  }

  private Graph atShapes(Graph graph) {
    List<String> names = graph.inputs().stream().map(id -> graph.value(id).name()).toList();
    return shapes.map(text -> graph.withInputShapes(ShapeList.shapes(ShapeList.parse("--shapes", text, names))))
        .orElse(graph);
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
