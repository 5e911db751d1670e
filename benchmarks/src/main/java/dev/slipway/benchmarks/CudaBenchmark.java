package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.quantization.CalibrationCache;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Latency of whole models on a GPU: of one CUDA graph with data on the device, from its launch to the end of the wait,
 * and of a run with copies from and to the host. Small batches are compared with the cpu backend in float32.
 *
 * <p>Arguments: models as {@code NAME:BATCH}, with {@code resnet50}, {@code bert} (12 layers, sequence 128) or an ONNX
 * file for NAME; then {@code --precision fp16}, {@code --int8} or {@code --float8} to quantise them first,
 * {@code --tuning full}, {@code --runs 200}, {@code --cache FILE}, {@code --steps} for the times of the steps,
 * {@code --json FILE}, {@code --plan FILE} to write the last plan and load it again. The error of an int8 model is that
 * against the cpu backend on the same quantised graph, that of a float8 one against the model of floats.
 */
public final class CudaBenchmark {
  private static final int SEQUENCE = 128;
  private static final int VOCABULARY = 30_000;
  private static final int LARGEST_CHECKED_BATCH = 8;
  private static final int RUNS_WITH_COPIES = 30;
  private static final int MOST_STEPS = 40;

  private final List<String> models;
  private final List<Result> results = new ArrayList<>();
  private final Map<String, Graph> quantized = new HashMap<>();
  private final Map<String, CalibrationCache> ranges = new HashMap<>();
  private final BuildOptions options;
  private final int runs;
  private final boolean steps;
  private final boolean quantizes;
  private final boolean narrows;
  private final Optional<Path> json;
  private final Optional<Path> plan;

  private CudaBenchmark(Arguments arguments) {
    models = arguments.rest();
    runs = arguments.integer("--runs", 200);
    steps = arguments.has("--steps");
    quantizes = arguments.has("--int8");
    narrows = arguments.has("--float8");
    options = arguments.build(BuildOptions.defaults()
        .withTuning(BuildOptions.Tuning.FULL)
        .withPrecision(quantizes ? BuildOptions.Precision.FP32 : BuildOptions.Precision.FP16));
    json = arguments.path("--json");
    plan = arguments.path("--plan");
  }

  /** Times in milliseconds; the error is a quotient of norms, NaN where none was measured. */
  private record Result(
      String model, long batch, double buildSeconds, double median, double minimum, double p90, double withCopies,
      double error) {
    String line() {
      return String.format(Locale.ROOT, "%-24s %6d %9.4f %9.4f %9.4f %12.3f %8.1f %10.2e",
          model, batch, median, minimum, p90, withCopies, buildSeconds, error);
    }

    String json(String precision) {
      String measured = Double.isNaN(error) ? "null" : String.format(Locale.ROOT, "%.3g", error);
      return String.format(Locale.ROOT, "    {\"model\": \"%s\", \"precision\": \"%s\", \"batch\": %d,"
          + " \"medianMs\": %.4f, \"minMs\": %.4f, \"p90Ms\": %.4f, \"withCopiesMs\": %.3f, \"buildSeconds\": %.1f,"
          + " \"relativeError\": %s}",
          model, precision, batch, median, minimum, p90, withCopies, buildSeconds, measured);
    }
  }

  public static void main(String[] arguments) throws IOException {
    List<String> options = List.of("--precision", "--tuning", "--cache", "--runs", "--plan", "--json");
    new CudaBenchmark(Arguments.parse(arguments, options, "--steps", "--int8", "--float8")).run();
    System.exit(0);
  }

  private void run() throws IOException {
    try (Backend cuda = Backends.open("cuda", BackendOptions.defaults());
        Backend cpu = Backends.open(
            "cpu", BackendOptions.withThreads(Runtime.getRuntime().availableProcessors()))) {
      System.out.println(cuda.device().description() + ", driver " + driver());
      System.out.printf("%-24s %6s %9s %9s %9s %12s %8s %10s%n", "model", "batch", "median", "minimum", "p90",
          "with copies", "build s", "error");
      for (String model : models) {
        int colon = model.lastIndexOf(':');
        measure(model.substring(0, colon), Long.parseLong(model.substring(colon + 1)), cuda, cpu);
      }
      if (json.isPresent()) {
        Files.writeString(json.get(), report(cuda.device().description()));
      }
    }
  }

  private void measure(String name, long batch, Backend cuda, Backend cpu) {
    Graph floats = quantizes ? quantized.computeIfAbsent(name, CudaBenchmark::quantized) : graph(name, Dim.of(batch));
    Map<String, Tensor> inputs = inputs(floats, batch);
    Graph graph = narrows ? narrow(name, floats) : floats;
    BuildOptions profiled = options.withProfiles(List.of(profile(inputs)));
    long start = System.nanoTime();
    Builder builder = new Builder(cuda, profiled);
    Plan built = builder.build(graph).plan();
    try (Engine engine = Engine.of(built, cuda)) {
      double buildSeconds = (System.nanoTime() - start) / 1e9;
      try (ExecutionContext context = engine.newContext()) {
        context.residentRuns(inputs, runs / 10 + 2);
        double[] resident =
            Arrays.stream(context.residentRuns(inputs, runs)).mapToDouble(nanos -> nanos / 1e6).toArray();
        double error = batch <= LARGEST_CHECKED_BATCH
            ? error(context.run(inputs), reference(floats, profiled, inputs, cpu))
            : Double.NaN;
        Path file = Path.of(name).getFileName();
        Result result = new Result(file.toString().replace(".onnx", ""), batch, buildSeconds, quantile(resident, 0.5),
            quantile(resident, 0), quantile(resident, 0.9), withCopies(context, inputs), error);
        results.add(result);
        System.out.println(result.line());
        if (steps) {
          print(context.profile(inputs));
        }
      }
    }
    plan.ifPresent(path -> load(built, path, inputs));
  }

  /** In a process that has the driver and the libraries. */
  private static void load(Plan built, Path file, Map<String, Tensor> inputs) {
    PlanFile.write(built, file);
    long start = System.nanoTime();
    try (Engine engine = Engine.load(file, EngineOptions.defaults().withBackend("cuda"))) {
      double loaded = (System.nanoTime() - start) / 1e6;
      try (ExecutionContext context = engine.newContext()) {
        context.run(inputs);
      }
      double first = (System.nanoTime() - start) / 1e6;
      long made = engine.backend().artifacts().orElseThrow().made();
      System.out.printf(Locale.ROOT,
          "  plan of %d bytes: loaded in %.1f ms, first outputs after %.1f ms, %d artifacts made%n",
          file.toFile().length(), loaded, first, made);
    }
  }

  private static Graph graph(String name, Dim batch) {
    return switch (name) {
      case "resnet50" -> ResNet50.graph(batch);
      case "bert" -> BertBase.graph(((Dim.Known) batch).size(), SEQUENCE);
      default -> OnnxReader.read(Path.of(name));
    };
  }

  /** With ranges of one picture, or whatever the model reads. */
  private static Graph quantized(String name) {
    Graph graph = graph(name, name.equals("bert") ? Dim.of(1) : Dim.symbol("N"));
    Map<String, Tensor> inputs = inputs(graph, 1);
    return QuantizedModels.quantize(graph, profile(inputs), inputs);
  }

  /** With ranges of one text or picture. */
  private Graph narrow(String name, Graph floats) {
    CalibrationCache found = ranges.computeIfAbsent(name, key -> {
      Graph one = graph(key, Dim.of(1));
      Map<String, Tensor> inputs = inputs(one, 1);
      return QuantizedModels.narrow(one, profile(inputs), inputs).ranges();
    });
    return QuantizedModels.narrow(floats, found);
  }

  private static OptimizationProfile profile(Map<String, Tensor> inputs) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    inputs.forEach((input, tensor) -> ranges.put(input, OptimizationProfile.Range.exactly(tensor.dims())));
    return new OptimizationProfile(ranges);
  }

  private static Map<String, Tensor> inputs(Graph graph, long batch) {
    SplittableRandom random = new SplittableRandom(3);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (ValueId id : graph.inputs()) {
      TensorType type = graph.tensorType(id);
      long[] dims = new long[type.shape().rank()];
      for (int axis = 0; axis < dims.length; axis++) {
        dims[axis] = type.shape().dim(axis) instanceof Dim.Known(long size) ? size : batch;
      }
      Tensor tensor = Tensor.allocate(type.dtype(), dims);
      String name = graph.value(id).name();
      for (long i = 0; i < tensor.elementCount(); i++) {
        if (type.dtype().isFloat()) {
          tensor.setDouble(i, random.nextDouble() * 2 - 1);
        } else if (name.contains("mask")) {
          tensor.setLong(i, i % SEQUENCE < 100 ? 1 : 0);
        } else if (!name.contains("type")) {
          tensor.setLong(i, random.nextInt(VOCABULARY));
        }
      }
      inputs.put(name, tensor);
    }
    return inputs;
  }

  private static Map<String, double[]> reference(
      Graph graph, BuildOptions options, Map<String, Tensor> inputs, Backend cpu) {
    BuildOptions exact =
        BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF).withProfiles(options.profiles());
    try (Engine engine = Engine.of(new Builder(cpu, exact).build(graph).plan(), cpu);
        ExecutionContext context = engine.newContext()) {
      Map<String, double[]> outputs = new LinkedHashMap<>();
      context.run(inputs).forEach((name, tensor) -> outputs.put(name, values(tensor)));
      return outputs;
    }
  }

  private static double[] values(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.getDouble(i);
    }
    return values;
  }

  private static double error(Map<String, Tensor> outputs, Map<String, double[]> expected) {
    double difference = 0;
    double norm = 0;
    for (Map.Entry<String, double[]> entry : expected.entrySet()) {
      double[] ours = values(outputs.get(entry.getKey()));
      for (int i = 0; i < ours.length; i++) {
        difference += Math.pow(ours[i] - entry.getValue()[i], 2);
        norm += Math.pow(entry.getValue()[i], 2);
      }
    }
    return Math.sqrt(difference / norm);
  }

  private static double withCopies(ExecutionContext context, Map<String, Tensor> inputs) {
    double[] millis = new double[RUNS_WITH_COPIES];
    for (int i = 0; i < millis.length; i++) {
      long start = System.nanoTime();
      context.run(inputs);
      millis[i] = (System.nanoTime() - start) / 1e6;
    }
    return quantile(millis, 0.5);
  }

  private static double quantile(double[] values, double quantile) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (sorted.length * quantile)];
  }

  /** Alike steps as one, with their sum. */
  private static void print(List<StepTime> times) {
    record Kind(int count, double micros) {}
    Map<String, Kind> kinds = new TreeMap<>();
    for (StepTime time : times) {
      String name = time.tactic() + " " + time.op() + " " + time.shapes() + " " + time.note();
      kinds.merge(name, new Kind(1, time.nanos() / 1e3),
          (a, b) -> new Kind(a.count() + b.count(), a.micros() + b.micros()));
    }
    kinds.entrySet().stream()
        .sorted(Comparator.comparingDouble((Map.Entry<String, Kind> entry) -> entry.getValue().micros()).reversed())
        .limit(MOST_STEPS)
        .forEach(entry -> System.out.printf(Locale.ROOT, "  %9.1f us x%-3d %s%n", entry.getValue().micros(),
            entry.getValue().count(), entry.getKey()));
  }

  private String precision() {
    return quantizes ? "int8" : narrows ? "float8, " + options.precision() : options.precision().toString();
  }

  private String report(String device) {
    List<String> rows =
        results.stream().map(result -> result.json(precision())).toList();
    return "{\n  \"device\": \"" + device + "\",\n  \"driver\": \"" + driver() + "\",\n  \"java\": \""
        + System.getProperty("java.vm.version") + "\",\n  \"tuning\": \"" + options.tuning()
        + "\",\n  \"runs\": " + runs
        + ",\n  \"rows\": [\n" + String.join(",\n", rows) + "\n  ]\n}\n";
  }

  /** The driver's own version, which its API does not tell. */
  private static String driver() {
    try {
      String text = Files.readString(Path.of("/proc/driver/nvidia/version"));
      return text.lines().findFirst().orElse("").replaceAll(".*\\s(\\d+\\.\\d+(\\.\\d+)?)\\s.*", "$1");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
