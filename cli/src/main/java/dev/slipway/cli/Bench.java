package dev.slipway.cli;

import dev.slipway.backend.Peaks;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
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
    description = "Measures latency and throughput.",
    footer = {
      "",
      "What is timed: one call of ExecutionContext.run. Inputs lie in native memory and are read in place; outputs stay"
          + " in the context's memory. Building, loading and reading files are not in it.",
      "Example: slipway bench model.plan --duration 10 --json -"
    })
final class Bench implements Callable<Integer> {
  private static final int PROFILED_RUNS = 20;

  @Mixin private ModelArgument model;

  @Mixin private InputOptions input;

  @Option(
      names = {"--warm-up", "--warmUp"},
      paramLabel = "MS",
      description = "Run so many milliseconds before measuring (default: until the just-in-time compiler is done and times"
          + " are stable, a minute at most).")
  private Optional<Double> warmUpMillis = Optional.empty();

  @Option(names = "--duration", paramLabel = "S", description = "Measure for so many seconds (default: 3).")
  private double durationSeconds = 3;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "Measure at least so many runs of each stream (default: 10).")
  private int iterations = 10;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description = "Run in so many threads at once, each with a context of its own (default: 1).")
  private int streams = 1;

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
      description = "Print the time of every step, of runs after the measured ones, and where its operator computes how much"
          + " of the peak that the cores reach in a loop of multiply-adds.")
  private boolean profile;

  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    requirePositive();
    exportTimes.ifPresent(file -> OutputFile.requireWritable("--export-times", file));
    exportProfile.ifPresent(file -> OutputFile.requireWritable("--export-profile", file));
    Terminal terminal = common.terminal();
    ModelFile file = model.file();
    try (RunnableModel runnable = RunnableModel.open(file, common); Arena arena = Arena.ofShared()) {
      List<Map<String, Datum>> inputs = input.values(runnable, arena);
      List<Map<String, long[]>> dims = inputs.stream().map(InputOptions::dims).toList();
      Engine engine = runnable.engine(Profiles.covering(runnable.inputs(), dims), tuning, terminal);
      terminal.note("warming up " + warmUpMillis.map(Quantity::millis).orElse("until times are stable")
          + ", then measuring for " + Quantity.seconds(durationSeconds) + " ...");
      Measurement measurement = Measurement.of(engine, inputs, streams, warmUpMillis.orElse(Double.NaN), durationSeconds, iterations);
      print(terminal, file, engine, measurement, dims.getFirst());
      terminal.json(json(file, runnable, engine, measurement, dims.getFirst()));
      exportTimes.ifPresent(path -> TrtexecFile.writeTimes(path, measurement.runs()));
      if (profile || exportProfile.isPresent()) {
        List<List<StepTime>> profiled = profiledRuns(engine, tensors(inputs.getFirst()));
        exportProfile.ifPresent(path -> writeProfile(path, profiled));
        printProfile(terminal, engine, profiled);
      }
    }
    return ExitStatus.DONE;
  }

  private void requirePositive() {
    require("--streams", streams, streams >= 1, ">= 1");
    require("--iterations", iterations, iterations >= 1, ">= 1");
    require("--duration", durationSeconds, durationSeconds >= 0, ">= 0");
    warmUpMillis.ifPresent(millis -> require("--warm-up", millis, millis >= 0, ">= 0"));
  }

  private static void require(String option, Number value, boolean holds, String expected) {
    if (!holds) {
      throw new SlipwayException(option + ": " + value + " (expected: " + expected + ")");
    }
  }

  // ---- results

  private void print(
      Terminal terminal, ModelFile file, Engine engine, Measurement measurement, Map<String, long[]> dims) {
    Latencies latencies = measurement.latencies();
    terminal.print("model       " + file.path() + ", " + engine.manifest().precision());
    terminal.print("device      " + engine.backend().device().description() + ", " + common.threads()
        + (common.threads() == 1 ? " thread, " : " threads, ") + streams + (streams == 1 ? " stream" : " streams"));
    terminal.print("shapes      " + ShapeList.texts(dims));
    terminal.print("timed       one call of ExecutionContext.run: inputs in native memory, outputs left in the context");
    terminal.print("iterations  " + latencies.count() + " in " + Quantity.seconds(measurement.seconds()));
    terminal.print("latency     " + latencies.text());
    terminal.print("copies      none: inputs are read and outputs left in place, so compute is the latency");
    terminal.print(String.format(Locale.ROOT, "throughput  %.2f runs/s", measurement.throughput()));
    terminal.print("memory      weights " + Quantity.bytes((double) engine.weightBytes()) + ", workspace "
        + Quantity.bytes((double) measurement.workspaceBytes()) + " for each stream");
  }

  private Map<String, Object> json(
      ModelFile file, RunnableModel runnable, Engine engine, Measurement measurement, Map<String, long[]> dims) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.path().toString());
    json.put("backend", engine.backend().name());
    json.put("device", engine.backend().device().description());
    json.put("precision", engine.manifest().precision());
    json.put("threads", common.threads());
    json.put("streams", streams);
    json.put("shapes", dims);
    json.put("iterations", measurement.latencies().count());
    json.put("latencyMs", measurement.latencies().millis());
    json.put("throughputPerSecond", measurement.throughput());
    json.put("buildSeconds", runnable.buildSeconds());
    json.put("loadMs", runnable.loadMillis());
    json.put("weightBytes", engine.weightBytes());
    json.put("workspaceBytes", measurement.workspaceBytes());
    return json;
  }

  // ---- steps

  private Map<String, Tensor> tensors(Map<String, Datum> inputs) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    inputs.forEach((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        throw new SlipwayException((profile ? "--profile" : "--export-profile") + ": input " + name + " is "
            + value.type() + " (expected: a tensor)");
      }
      tensors.put(name, tensor);
    });
    return tensors;
  }

  private static List<List<StepTime>> profiledRuns(Engine engine, Map<String, Tensor> inputs) {
    List<List<StepTime>> runs = new ArrayList<>();
    try (ExecutionContext context = engine.newContext()) {
      for (int run = 0; run < PROFILED_RUNS; run++) {
        runs.add(context.profile(inputs));
      }
    }
    return runs;
  }

  private static void writeProfile(Path file, List<List<StepTime>> runs) {
    Map<String, List<Double>> millis = new LinkedHashMap<>();
    for (List<StepTime> run : runs) {
      run.forEach(step -> millis.computeIfAbsent(step.node(), node -> new ArrayList<>()).add(step.nanos() / 1e6));
    }
    TrtexecFile.writeProfile(file, PROFILED_RUNS, millis);
  }

  private void printProfile(Terminal terminal, Engine engine, List<List<StepTime>> runs) {
    if (profile) {
      double peak = engine.backend().measurePeaks()
          .flatMap(peaks -> peaks.compute(DType.FLOAT32, 1))
          .map(Peaks.Compute::perSecond)
          .orElse(Double.NaN);
      new StepProfile(runs, peak, common.threads())
          .lines()
          .forEach(terminal::print);
    }
  }
}
