package dev.slipway.cli;

import dev.slipway.analysis.Latencies;
import dev.slipway.analysis.Load;
import dev.slipway.analysis.Measurement;
import dev.slipway.analysis.ModelProfile;
import dev.slipway.analysis.ProfiledRuns;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.Datum;
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

/** {@code slipway bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Measures latency and throughput, or one model against another.",
    footer = {
      "",
      "What is timed: one call of ExecutionContext.run. Inputs lie in memory of the context (pinned, where a device"
          + " copies them) and outputs stay in it. Building, loading and reading files are not in it.",
      "With --rate a run's latency counts from when it was due, not from when it could begin, so that a stall is in the"
          + " latency of every run that it delays.",
      "Example: slipway bench model.plan --duration 10 --json -",
      "Example: slipway bench model.plan --devices all --streams 2",
      "Example: slipway bench model.onnx --against onnxruntime --peer-jar onnxruntime-1.29.0.jar"
    })
final class Bench implements Callable<Integer> {
  private static final int PROFILED_RUNS = 20;

  @Mixin private ModelArgument model;
  @Mixin private InputOptions input;
  @Mixin private LoadOptions load;
  @Mixin private DevicesOption devices;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "Ask for so many runs a second, whether or not earlier ones have ended (default: each run begins"
          + " when the one before has ended).")
  private Optional<Double> rate = Optional.empty();

  @Mixin private AgainstOptions against;

  @Option(
      names = {"--export-times", "--exportTimes"},
      paramLabel = "FILE",
      description = "Write the times of every run as trtexec does.")
  private Optional<Path> exportTimes = Optional.empty();

  @Option(
      names = {"--export-profile", "--exportProfile"},
      paramLabel = "FILE",
      description = "Write the time of every step, of runs after the measured ones, as trtexec does.")
  private Optional<Path> exportProfile = Optional.empty();

  @Option(
      names = "--profile",
      description = "Print the time of every step, of runs after the measured ones, as slipway profile does.")
  private boolean profile;

  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    load.check();
    rate.ifPresent(value -> OptionValue.above("--rate", value, 0));
    exportTimes.ifPresent(file -> OutputFile.requireWritable("--export-times", file));
    exportProfile.ifPresent(file -> OutputFile.requireWritable("--export-profile", file));
    against.check(rate.isPresent() || load.streams() > 1 || devices.isPresent());
    Terminal terminal = common.terminal();
    ModelFile file = model.file();
    try (RunnableModel runnable = RunnableModel.open(file, common); Arena arena = Arena.ofShared()) {
      List<Map<String, Datum>> inputs = input.values(runnable, arena);
      List<Map<String, long[]>> dims = inputs.stream().map(InputOptions::dims).toList();
      Engine engine = runnable.engine(Profiles.covering(runnable.inputs(), dims), tuning, terminal);
      if (against.isPresent()) {
        against.measure(new AgainstOptions.First(file, engine, inputs.getFirst()), load, tuning, common);
      } else {
        try (DevicesOption.Engines engines = devices.engines(runnable, engine)) {
          measure(terminal, file, runnable, engines, inputs);
        }
      }
    }
    return ExitStatus.DONE;
  }

  private void measure(
      Terminal terminal,
      ModelFile file,
      RunnableModel runnable,
      DevicesOption.Engines engines,
      List<Map<String, Datum>> inputs) {
    terminal.note(load.text());
    Measurement measurement = Measurement.of(engines.all(), inputs, load.atRate(rate.orElse(0.0)));
    Engine engine = engines.all().getFirst();
    Optional<ProfiledRuns> steps = profiled(engine, inputs.getFirst());
    Optional<ModelProfile> layers = steps.map(runs -> Roofs.profile(terminal, file, engine, common.threads(), runs));
    Map<String, long[]> dims = InputOptions.dims(inputs.getFirst());
    print(terminal, file, engines, measurement, dims, layers);
    terminal.json(json(file, runnable, engines, measurement, dims, layers));
    exportTimes.ifPresent(path -> TrtexecFile.writeTimes(path, measurement.runs()));
    exportProfile.ifPresent(path -> TrtexecFile.writeProfile(path, steps.orElseThrow().timed()));
    if (profile) {
      terminal.print("");
      new LayerTable(layers.orElseThrow()).lines().forEach(terminal::print);
    }
  }

  /** Timed runs, where somebody asks for them or copies are to be told apart. */
  private Optional<ProfiledRuns> profiled(Engine engine, Map<String, Datum> values) {
    boolean isWanted = profile || exportProfile.isPresent() || engine.backend().name().equals("cuda");
    return isWanted
        ? Optional.of(ProfiledRuns.of(engine, values, Load.closed(1, 0, 0, PROFILED_RUNS)))
        : Optional.empty();
  }

  // ---- results

  private void print(
      Terminal terminal,
      ModelFile file,
      DevicesOption.Engines engines,
      Measurement measurement,
      Map<String, long[]> dims,
      Optional<ModelProfile> layers) {
    Engine engine = engines.all().getFirst();
    Latencies latencies = measurement.latencies();
    terminal.print("model       " + file.path() + ", " + engine.manifest().precision());
    terminal.print("device      " + engine.backend().device().description() + ", " + common.threads()
        + (common.threads() == 1 ? " thread, " : " threads, ") + load.streams()
        + (load.streams() == 1 ? " stream" : " streams")
        + (devices.isPresent() ? " on each of devices " + engines.ordinals() : ""));
    terminal.print("shapes      " + ShapeList.texts(dims));
    terminal.print("timed       one call of ExecutionContext.run: inputs and outputs in memory of the context");
    terminal.print("iterations  " + latencies.count() + " in " + Quantity.seconds(measurement.seconds()));
    terminal.print("latency     " + text(latencies) + (rate.isPresent() ? ", from when a run was due" : ""));
    if (rate.isPresent()) {
      terminal.print("service     " + text(measurement.service()) + ", from when it began");
      terminal.print(String.format(Locale.ROOT, "rate        %.2f runs/s asked for, %.2f runs/s done%s", rate.get(),
          measurement.throughput(),
          isOverloaded(measurement) ? ": more than the machine does, so that runs queue" : ""));
    }
    terminal.print("copies      " + copies(layers));
    terminal.print(String.format(Locale.ROOT, "throughput  %.2f runs/s", measurement.throughput()));
    terminal.print("memory      weights " + Quantity.bytes((double) engine.weightBytes()) + ", workspace "
        + Quantity.bytes((double) measurement.workspaceBytes()) + " for each stream");
    measurement.disturbance().warnings().forEach(warning -> terminal.print("disturbed   " + warning));
  }

  private boolean isOverloaded(Measurement measurement) {
    return measurement.throughput() < 0.97 * rate.orElse(0.0);
  }

  private static String text(Latencies latencies) {
    StringBuilder text = new StringBuilder();
    latencies.millis().forEach((name, millis) ->
        text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(Quantity.millis(millis)));
    return text.toString();
  }

  private static String copies(Optional<ModelProfile> layers) {
    return layers.filter(ModelProfile::hasCopies)
        .map(profile -> "to the device " + Quantity.millis(profile.uploadMillis()) + ", to the host "
            + Quantity.millis(profile.downloadMillis()) + ", compute " + Quantity.millis(profile.layerMillis())
            + " (medians of " + profile.runs() + " more runs)")
        .orElse("none: inputs are read and outputs left in place, so compute is the latency");
  }

  private Map<String, Object> json(
      ModelFile file,
      RunnableModel runnable,
      DevicesOption.Engines engines,
      Measurement measurement,
      Map<String, long[]> dims,
      Optional<ModelProfile> layers) {
    Engine engine = engines.all().getFirst();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.path().toString());
    json.put("backend", engine.backend().name());
    json.put("device", engine.backend().device().description());
    json.put("precision", engine.manifest().precision());
    json.put("threads", common.threads());
    json.put("streams", load.streams());
    json.put("devices", engines.ordinals());
    json.put("shapes", dims);
    json.put("iterations", measurement.latencies().count());
    json.put("latencyMs", measurement.latencies().millis());
    json.put("throughputPerSecond", measurement.throughput());
    json.put("buildSeconds", runnable.buildSeconds());
    json.put("loadMs", runnable.loadMillis());
    json.put("weightBytes", engine.weightBytes());
    json.put("workspaceBytes", measurement.workspaceBytes());
    rate.ifPresent(value -> {
      json.put("ratePerSecond", value);
      json.put("serviceMs", measurement.service().millis());
    });
    json.put("copyMs", Map.of(
        "toDevice", layers.map(ModelProfile::uploadMillis).orElse(0.0),
        "toHost", layers.map(ModelProfile::downloadMillis).orElse(0.0)));
    json.put("disturbance", measurement.disturbance().json());
    if (profile) {
      json.put("layers", layers.orElseThrow().json().get("layers"));
    }
    return json;
  }
}
