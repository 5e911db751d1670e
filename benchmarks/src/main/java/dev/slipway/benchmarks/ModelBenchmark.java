package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.optimizer.FoldDequantizedWeights;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whole models against ONNX Runtime, interleaved in one process on the same inputs and threads. Inputs lie in native
 * memory, outputs stay where the engine puts them; nothing else is inside the timed region.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --samples 31}, {@code --only TEXT},
 * {@code --tuning off|fast|full}, {@code --profile}, {@code --json FILE}.
 */
public final class ModelBenchmark {
  private final List<Path> folders = new ArrayList<>();
  private List<Integer> threads = List.of(1, 2);
  private int samples = 31;
  private String only = "";
  private BuildOptions.Tuning tuning = BuildOptions.Tuning.FAST;
  private Optional<Path> json = Optional.empty();
  private boolean profile;

  private ModelBenchmark() {}

  /** One line of the table. */
  private record Row(
      String model, int threads, double oursMillis, double theirsMillis, double loadMillis, double theirLoadMillis, double maxDifference) {
    double ratio() {
      return theirsMillis / oursMillis;
    }
  }

  public static void main(String[] arguments) throws Exception {
    ModelBenchmark benchmark = new ModelBenchmark();
    benchmark.parse(arguments);
    benchmark.run();
    System.exit(0);
  }

  private void parse(String[] arguments) {
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--threads" -> threads =
            Arrays.stream(arguments[++i].split(",")).map(Integer::valueOf).toList();
        case "--samples" -> samples = Integer.parseInt(arguments[++i]);
        case "--only" -> only = arguments[++i];
        case "--tuning" -> tuning = BuildOptions.Tuning.valueOf(arguments[++i].toUpperCase(Locale.ROOT));
        case "--profile" -> profile = true;
        case "--json" -> json = Optional.of(Path.of(arguments[++i]));
        default -> folders.add(Path.of(arguments[i]));
      }
    }
  }

  private void run() throws Exception {
    List<Row> rows = new ArrayList<>();
    System.out.printf("%-28s %7s %10s %10s %7s %9s %9s %10s%n", "model", "threads", "slipway ms", "ort ms", "ratio",
        "load ms", "ort load", "max diff");
    for (Workload workload : Workload.ALL) {
      if (!workload.name().contains(only)) {
        continue;
      }
      Optional<Graph> model = workload.source().graph(folders);
      if (model.isEmpty()) {
        System.out.printf("%-28s not found: %s%n", workload.name(), workload.source());
        continue;
      }
      for (int count : threads) {
        Row row = compare(workload, model.get(), count);
        rows.add(row);
        System.out.printf(Locale.ROOT, "%-28s %7d %10.3f %10.3f %7.2f %9.1f %9.1f %10.1e%n", row.model, row.threads,
            row.oursMillis, row.theirsMillis, row.ratio(), row.loadMillis, row.theirLoadMillis, row.maxDifference);
      }
    }
    for (int count : threads) {
      double mean = rows.stream().filter(row -> row.threads == count).mapToDouble(row -> Math.log(row.ratio())).average().orElse(0);
      System.out.printf(Locale.ROOT, "geometric mean, %d threads: %.2f%n", count, Math.exp(mean));
    }
    if (json.isPresent()) {
      Files.writeString(json.get(), toJson(rows));
    }
  }

  private Row compare(Workload workload, Graph model, int count) throws Exception {
    Map<String, Tensor> inputs = workload.inputs();
    Path plan = Files.createTempFile("benchmark", ".plan");
    Path peerModel = Files.createTempFile("benchmark", ".onnx");
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count))) {
      build(workload, model, backend, plan);
      try (Engine engine = Engine.load(plan, EngineOptions.defaults().withThreads(count));
          ExecutionContext context = engine.newContext();
          OnnxRuntimePeer peer = new OnnxRuntimePeer(forPeer(model, peerModel), count, inputs)) {
        double loadMillis = loadMillis(plan, count);
        double difference = difference(context.run(inputs), peer.outputs());
        Interleaved times = Interleaved.measure(() -> context.run(inputs), peer::run, samples);
        if (profile) {
          printProfile(context, inputs);
        }
        return new Row(workload.name(), count, times.ourMedian(), times.theirMedian(), loadMillis,
            peer.createMillis(), difference);
      }
    } finally {
      Files.deleteIfExists(plan);
      Files.deleteIfExists(peerModel);
    }
  }

  /** The peer gets float32 weights where they are stored quantised: it would dequantise them in every run. */
  private static Path forPeer(Graph model, Path file) {
    OnnxWriter.write(new PassDriver().run(List.of(new FoldDequantizedWeights()), model).graph(), file);
    return file;
  }

  /** Microseconds by tactic and operator, means of a few runs, the largest first. */
  private static void printProfile(ExecutionContext context, Map<String, Tensor> inputs) {
    int runs = 20;
    Map<String, Double> micros = new LinkedHashMap<>();
    for (int i = 0; i < runs; i++) {
      for (StepTime step : context.profile(inputs)) {
        micros.merge(step.tactic() + " " + step.op() + " " + step.note(), step.nanos() / 1e3 / runs, Double::sum);
      }
    }
    micros.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .forEach(entry -> System.out.printf(Locale.ROOT, "    %10.1f us  %s%n", entry.getValue(), entry.getKey()));
  }

  /** The median of a few loads, as a warm process sees them. */
  private static double loadMillis(Path plan, int count) {
    double[] millis = new double[5];
    for (int i = 0; i < millis.length; i++) {
      long begin = System.nanoTime();
      try (Engine engine = Engine.load(plan, EngineOptions.defaults().withThreads(count))) {
        engine.newContext().close();
        millis[i] = (System.nanoTime() - begin) / 1e6;
      }
    }
    Arrays.sort(millis);
    return millis[millis.length / 2];
  }

  private void build(Workload workload, Graph model, Backend backend, Path plan) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    workload.shapes().forEach((name, dims) -> ranges.put(name, OptimizationProfile.Range.exactly(dims)));
    BuildOptions options = BuildOptions.defaults()
        .withTuning(tuning)
        .withProfiles(List.of(new OptimizationProfile(ranges)));
    PlanFile.write(new Builder(backend, options).build(model).plan(), plan);
  }

  private static double difference(Map<String, Tensor> ours, Map<String, float[]> theirs) {
    double largest = 0;
    for (Map.Entry<String, float[]> output : theirs.entrySet()) {
      float[] actual = ours.get(output.getKey()).toFloats();
      for (int i = 0; i < actual.length; i++) {
        double scale = Math.max(1, Math.abs(output.getValue()[i]));
        double error = Math.abs(actual[i] - output.getValue()[i]) / scale;
        largest = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(largest, error);
      }
    }
    return largest;
  }

  private String toJson(List<Row> rows) throws IOException {
    StringBuilder text = new StringBuilder("{\n  \"date\": \"").append(LocalDate.now())
        .append("\",\n  \"machine\": \"").append(machine())
        .append("\",\n  \"java\": \"").append(System.getProperty("java.vm.version"))
        .append("\",\n  \"peer\": \"onnxruntime 1.29.0\",\n  \"samples\": ").append(samples).append(",\n  \"rows\": [");
    String separator = "\n";
    for (Row row : rows) {
      text.append(separator).append(String.format(Locale.ROOT,
          "    {\"model\": \"%s\", \"threads\": %d, \"slipwayMs\": %.4f, \"onnxruntimeMs\": %.4f, \"ratio\": %.3f,"
              + " \"loadMs\": %.2f, \"onnxruntimeLoadMs\": %.2f, \"maxRelativeDifference\": %.2e}",
          row.model, row.threads, row.oursMillis, row.theirsMillis, row.ratio(), row.loadMillis, row.theirLoadMillis,
          row.maxDifference));
      separator = ",\n";
    }
    return text.append("\n  ]\n}\n").toString();
  }

  private static String machine() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) {
      return System.getProperty("os.arch");
    }
    return Files.readAllLines(info).stream()
        .filter(line -> line.startsWith("model name"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .orElse(System.getProperty("os.arch")) + ", " + Runtime.getRuntime().availableProcessors() + " cores";
  }
}
