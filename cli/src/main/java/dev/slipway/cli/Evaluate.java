package dev.slipway.cli;

import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Evaluation;
import dev.slipway.evaluation.EvaluationResult;
import dev.slipway.evaluation.InputShapes;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Samples;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway evaluate}. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs a model over a data set and compares what it predicts with what is known.",
    footer = {
      "",
      "Latency is that of ExecutionContext.run for one sample. Other threads prepare the next samples meanwhile;"
          + " --workers 0 lets nothing run beside it.",
      "Exit status 1 where a metric is under its --min-accuracy.",
      "Example: slipway evaluate squeezenet.onnx --dataset imagenet.zip --min-accuracy top1=0.59"
    })
final class Evaluate implements Callable<Integer> {
  @Mixin private ModelArgument model;
  @Mixin private DatasetOptions data;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Samples that run at once where the model's first dimension is dynamic (default: 1).")
  private int batch = 1;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads that read and prepare the next samples (default: 1).")
  private int workers = 1;

  @Option(
      names = "--min-accuracy",
      paramLabel = "[METRIC=]VALUE",
      description = "The least value of a metric, by default the first; may be repeated.")
  private List<String> minima = List.of();

  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    OptionValue.atLeast("--batch", batch, 1);
    OptionValue.atLeast("--workers", workers, 0);
    List<MetricMinimum> required = minima.stream().map(text -> MetricMinimum.parse("--min-accuracy", text)).toList();
    Terminal terminal = common.terminal();
    ModelFile file = model.file();
    try (EngineNetworks networks = new EngineNetworks(common.target())) {
      return evaluate(file, data.processing(file, networks), required, terminal);
    }
  }

  private int evaluate(ModelFile file, Processing processing, List<MetricMinimum> required, Terminal terminal) {
    Supplier<String> digest = file.digestMeanwhile();
    try (Dataset dataset = data.open(); RunnableModel runnable = RunnableModel.open(file, common)) {
      requireDynamicBatch(runnable);
      Samples samples = Samples.of(dataset, processing.input(), runnable.inputs(), workers);
      Engine engine = engine(runnable, shapes(runnable, dataset, processing), terminal);
      EvaluationResult result = run(engine, Evaluation.of(samples, processing.output()), terminal);
      List<MetricMinimum> missed = required.stream().filter(minimum -> !minimum.isMet(result)).toList();
      print(terminal, file, engine, result, missed, digest.get());
      terminal.json(json(file, engine, result, missed, digest.get()));
      return missed.isEmpty() ? ExitStatus.DONE : ExitStatus.NO;
    }
  }

  private void requireDynamicBatch(RunnableModel runnable) {
    runnable.inputs().forEach((name, type) -> {
      if (batch > 1 && type instanceof TensorType tensor && tensor.shape().ranked()
          && (tensor.shape().rank() == 0 || tensor.shape().dim(0) instanceof Dim.Known)) {
        throw new SlipwayException("--batch: " + batch + " (expected: 1, since input " + name + " is " + type + ")");
      }
    });
  }

  private static List<Map<String, long[]>> shapes(RunnableModel runnable, Dataset dataset, Processing processing) {
    return Profiles.dynamicInputs(runnable.inputs()).isEmpty()
        ? List.of()
        : InputShapes.of(dataset, processing.input(), runnable.inputs());
  }

  private Engine engine(RunnableModel runnable, List<Map<String, long[]>> shapes, Terminal terminal) {
    List<Map<String, long[]>> covered = new ArrayList<>();
    shapes.forEach(each -> covered.add(times(each, batch)));
    covered.addAll(shapes);
    return runnable.engine(Profiles.covering(runnable.inputs(), covered), tuning, terminal);
  }

  private static Map<String, long[]> times(Map<String, long[]> shapes, int batch) {
    Map<String, long[]> stacked = new LinkedHashMap<>();
    shapes.forEach((name, dims) -> {
      long[] whole = dims.clone();
      if (whole.length > 0) {
        whole[0] = Math.multiplyExact(whole[0], batch);
      }
      stacked.put(name, whole);
    });
    return stacked;
  }

  private EvaluationResult run(Engine engine, Evaluation evaluation, Terminal terminal) {
    try (ExecutionContext context = engine.newContext(); Progress progress = terminal.progress()) {
      return evaluation.withBatch(batch).withProgress(progress).run(context::run);
    }
  }

  // ---- results

  private void print(
      Terminal terminal,
      ModelFile file,
      Engine engine,
      EvaluationResult result,
      List<MetricMinimum> missed,
      String digest) {
    terminal.print("model    " + file.path() + ", " + engine.manifest().precision());
    terminal.print("sha-256  " + digest);
    terminal.print("device   " + engine.backend().device().description() + ", " + common.threads()
        + (common.threads() == 1 ? " thread" : " threads"));
    terminal.print("dataset  " + data.location() + ", " + result.samples() + " samples in "
        + Quantity.seconds(result.seconds()));
    terminal.print("latency  mean " + Quantity.millis(result.latency().mean()) + ", median "
        + Quantity.millis(result.latency().median()) + " for each sample");
    terminal.print("");
    Table table = Table.of("metric", ">value");
    result.values().forEach((name, value) -> table.row(name, String.format(Locale.ROOT, "%.4f", value)));
    terminal.print(table);
    missed.forEach(minimum -> terminal.print(minimum.text(result)));
  }

  private Map<String, Object> json(
      ModelFile file, Engine engine, EvaluationResult result, List<MetricMinimum> missed, String digest) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.path().toString());
    json.put("sha256", digest);
    json.put("backend", engine.backend().name());
    json.put("device", engine.backend().device().description());
    json.put("precision", engine.manifest().precision());
    json.put("threads", common.threads());
    json.put("dataset", data.location());
    json.put("samples", result.samples());
    json.put("batch", batch);
    json.put("metrics", result.values());
    json.put("latencyMs", Map.of("mean", result.latency().mean(), "median", result.latency().median()));
    json.put("seconds", result.seconds());
    json.put("passed", missed.isEmpty());
    return json;
  }
}
