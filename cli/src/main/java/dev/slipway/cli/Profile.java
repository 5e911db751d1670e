package dev.slipway.cli;

import dev.slipway.analysis.ModelProfile;
import dev.slipway.analysis.ProfiledRuns;
import dev.slipway.analysis.Report;
import dev.slipway.analysis.Roofline;
import dev.slipway.analysis.RooflinePlot;
import dev.slipway.analysis.TraceEvents;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Shape;
import java.lang.foreign.Arena;
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

/** {@code slipway profile}. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Prints where the time goes: each layer with its time, its cost, and how near it is to what the"
        + " machine can do.",
    footer = {
      "",
      "Runs whose steps are timed take turns with runs without timing, so the price of timing is printed too. The roof"
          + " of a layer is the largest of what its arithmetic, its memory and a launch take at least at the peaks of"
          + " this machine, which are measured once and kept (slipway env says where).",
      "Example: slipway profile model.onnx --trace trace.json --roofline roofline.svg --report report.html"
    })
final class Profile implements Callable<Integer> {
  @Mixin private ModelArgument model;
  @Mixin private InputOptions input;
  @Mixin private LoadOptions load;

  @Option(names = "--trace", paramLabel = "FILE", description = "Write every run as trace events, for ui.perfetto.dev.")
  private Optional<Path> trace = Optional.empty();

  @Option(names = "--roofline", paramLabel = "FILE", description = "Draw the layers under their roofs, as SVG.")
  private Optional<Path> roofline = Optional.empty();

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write a page that needs no network: graph, layers, roofline, latencies, memory.")
  private Optional<Path> report = Optional.empty();

  @Option(
      names = {"--export-profile", "--exportProfile"},
      paramLabel = "FILE",
      description = "Write the time of every step as trtexec does.")
  private Optional<Path> exportProfile = Optional.empty();

  @Option(names = "--remeasure", description = "Measure the peaks of the machine again.")
  private boolean remeasure;

  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    load.check();
    trace.ifPresent(file -> OutputFile.requireWritable("--trace", file));
    roofline.ifPresent(file -> OutputFile.requireWritable("--roofline", file));
    report.ifPresent(file -> OutputFile.requireWritable("--report", file));
    exportProfile.ifPresent(file -> OutputFile.requireWritable("--export-profile", file));
    Terminal terminal = common.terminal();
    ModelFile file = model.file();
    try (RunnableModel runnable = RunnableModel.open(file, common); Arena arena = Arena.ofShared()) {
      List<Map<String, Datum>> values = input.values(runnable, arena);
      List<Map<String, long[]>> shapes = values.stream().map(InputOptions::dims).toList();
      Engine engine = runnable.engine(Profiles.covering(runnable.inputs(), shapes), tuning, terminal);
      terminal.note(load.text());
      profile(terminal, file, engine, values.getFirst());
    }
    return ExitStatus.DONE;
  }

  private void profile(Terminal terminal, ModelFile file, Engine engine, Map<String, Datum> values) {
    ProfiledRuns runs = ProfiledRuns.of(engine, values, load.closed());
    Optional<Roofline> roofs = Roofs.roofline(terminal, engine, common.threads(), runs, remeasure);
    ModelProfile profile = Roofs.profile(file, engine, common.threads(), runs, roofs);
    Map<String, long[]> shapes = InputOptions.dims(values);
    print(terminal, profile, runs, shapes, roofs);
    terminal.json(json(profile, runs, shapes));
    trace.ifPresent(path -> OutputFile.write("--trace", path, Terminal.toJson(TraceEvents.of(profile, runs))));
    report.ifPresent(path -> OutputFile.write("--report", path, page(file, engine, profile, shapes, roofs)));
    exportProfile.ifPresent(path -> TrtexecFile.writeProfile(path, runs.timed()));
    roofline.ifPresent(path -> roofs.ifPresentOrElse(
        line -> OutputFile.write("--roofline", path, RooflinePlot.svg(profile, line)),
        () -> terminal.note("--roofline " + path + ": not written, since the peaks of "
            + engine.backend().device().description() + " are not known")));
  }

  private static String page(
      ModelFile file,
      Engine engine,
      ModelProfile profile,
      Map<String, long[]> dims,
      Optional<Roofline> roofs) {
    Map<String, Shape> shapes = ShapeList.shapes(dims);
    Report page = ModelReport.of(file, graph -> graph.withInputShapes(shapes))
        .stage("Engine", "what runs on " + profile.device(), engine, profile)
        .memory(engine.workspaceUse(shapes), engine.weightBytes());
    roofs.ifPresent(page::roofline);
    return page.html();
  }

  private void print(
      Terminal terminal,
      ModelProfile profile,
      ProfiledRuns runs,
      Map<String, long[]> shapes,
      Optional<Roofline> roofs) {
    terminal.print("model       " + profile.model() + ", " + profile.precision());
    terminal.print("device      " + profile.device());
    terminal.print("shapes      " + ShapeList.texts(shapes));
    terminal.print("runs        " + profile.runs() + " of " + Quantity.millis(profile.millis())
        + " (median) with timing, as many of " + Quantity.millis(profile.plainMillis())
        + " without, in turns: timing costs "
        + String.format(Locale.ROOT, "%.1f %%", 100 * profile.overhead()));
    roofs.ifPresent(line -> terminal.print("peaks       " + LayerTable.roofs(line.peaks(), line.threads())));
    runs.disturbance().warnings().forEach(warning -> terminal.print("disturbed   " + warning));
    terminal.print("");
    new LayerTable(profile).lines().forEach(terminal::print);
  }

  private static Map<String, Object> json(ModelProfile profile, ProfiledRuns runs, Map<String, long[]> shapes) {
    Map<String, Object> json = new LinkedHashMap<>(profile.json());
    json.put("shapes", shapes);
    json.put("disturbance", runs.disturbance().json());
    return json;
  }
}
