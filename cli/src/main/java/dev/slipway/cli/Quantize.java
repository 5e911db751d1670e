package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.quantization.AccuracyMeasure;
import dev.slipway.quantization.BudgetResult;
import dev.slipway.quantization.BudgetSearch;
import dev.slipway.quantization.CalibrationCache;
import dev.slipway.quantization.CalibrationData;
import dev.slipway.quantization.DynamicQuantizer;
import dev.slipway.quantization.Float8Quantizer;
import dev.slipway.quantization.FrontPlot;
import dev.slipway.quantization.GraphExecution;
import dev.slipway.quantization.LayerErrors;
import dev.slipway.quantization.QuantizationOptions;
import dev.slipway.quantization.QuantizedModel;
import dev.slipway.quantization.Quantizer;
import dev.slipway.quantization.Sensitivity;
import dev.slipway.quantization.UncalibratedModel;
import dev.slipway.quantization.WeightQuantizer;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code slipway quantize}. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Quantises a float model to int8, int4 or float8 after training: calibrates on samples and writes"
        + " QuantizeLinear and DequantizeLinear pairs, standard ONNX.",
    footer = {
      "",
      "Nothing is written before all is done, so that an interrupted run leaves nothing behind.",
      "Example: slipway quantize model.onnx model.int8.onnx --dataset photographs.zip --calibrate class:10"
    })
final class Quantize implements Callable<Integer> {
  /** Sensitivity is measured on so many samples. */
  private static final int SENSITIVITY_SAMPLES = 8;

  /** The accuracy with each layer alone is measured on so many. */
  private static final int ACCURACY_SAMPLES = 128;

  @Parameters(index = "0", paramLabel = "IN.onnx", description = "The float model.")
  private Path input;

  @Parameters(index = "1", paramLabel = "OUT.onnx", description = "Where the quantised model goes.")
  private Path output;

  @Mixin private QuantizationData data;
  @Mixin private QuantizationChoices choices;
  @Mixin private QuantizationOutputs outputs;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Terminal terminal = common.terminal();
    if (!Files.exists(input)) {
      throw new SlipwayException(input + ": no such file (expected: an .onnx file)");
    }
    OutputFile.requireWritable("OUT.onnx", output);
    outputs.check(data);
    Optional<WeightQuantizer> weights = choices.weightQuantizer();
    Optional<DynamicQuantizer> dynamic = choices.dynamicQuantizer();
    if (weights.isPresent()) {
      return uncalibrated(terminal, "--weights: int4", weights.get()::quantize, "int4 weights");
    }
    if (dynamic.isPresent()) {
      return uncalibrated(
          terminal, "--dynamic:", dynamic.get()::quantize, "int8 weights, activations by ranges of the run");
    }
    boolean isFloat8 = choices.isFloat8();
    if (isFloat8) {
      requireNoSearch("--weights: float8");
    }
    boolean onlyCache = outputs.existingCache().isPresent() && !data.isGiven();
    if (!onlyCache) {
      data.check();
    }
    QuantizationOptions options = choices.options();
    if (outputs.cache().isPresent() && !options.repairs().isEmpty()) {
      throw new SlipwayException("--calibration-cache: with --repair (expected: one of them, since repairs change the"
          + " model that the ranges are of)");
    }
    ModelFile file = new ModelFile(input).requireOnnx("slipway quantize");
    QuantizationReport report = new QuantizationReport(terminal, input, output);
    Graph model = file.graph();
    if (onlyCache) {
      fromCache(terminal, report, model, options);
      return ExitStatus.DONE;
    }
    try (Backend backend = common.target().open();
        EngineNetworks networks = new EngineNetworks(common.target());
        QuantizationData.Opened opened = data.open(
            file, networks, RunnableModel.inputs(model), RunnableModel.outputs(model), outputs.budget().isPresent());
        Progress progress = terminal.progress()) {
      EngineExecutor executor =
          new EngineExecutor(backend, Profiles.covering(RunnableModel.inputs(model), opened.shapes()));
      Run run = new Run(report, executor, opened, options.withProgress(progress), progress);
      return isFloat8 ? run.float8(model) : run.of(model);
    }
  }

  /** What needs no data. */
  private int uncalibrated(
      Terminal terminal, String option, Function<Graph, UncalibratedModel> quantizer, String what) {
    requireNoSearch(option);
    UncalibratedModel result = quantizer.apply(new ModelFile(input).requireOnnx("slipway quantize").graph());
    OnnxWriter.write(result.graph(), output);
    new QuantizationReport(terminal, input, output).print(what, result.layers(), result.kept());
    return ExitStatus.DONE;
  }

  private void requireNoSearch(String option) {
    if (outputs.budget().isPresent() || outputs.sensitivity().isPresent() || outputs.cache().isPresent()) {
      throw new SlipwayException(option + " with --accuracy-budget, --sensitivity or --calibration-cache"
          + " (expected: none of these; slipway evaluate measures what comes out)");
    }
  }

  private void fromCache(Terminal terminal, QuantizationReport report, Graph model, QuantizationOptions options) {
    Path cache = outputs.existingCache().orElseThrow();
    terminal.note("ranges from " + cache + ": nothing is calibrated");
    QuantizedModel quantized =
        new Quantizer(options, graph -> inputs -> Map.of()).quantize(model, CalibrationCache.read(cache));
    OnnxWriter.write(quantized.graph(), output);
    report.print(quantized, Map.of());
  }

  /** What needs data and an engine. */
  private final class Run {
    private final QuantizationReport report;
    private final EngineExecutor executor;
    private final CalibrationData samples;
    private final Optional<DatasetAccuracy> accuracy;
    private final QuantizationOptions options;
    private final Progress progress;

    Run(
        QuantizationReport report,
        EngineExecutor executor,
        QuantizationData.Opened opened,
        QuantizationOptions options,
        Progress progress) {
      this.report = report;
      this.executor = executor;
      this.samples = opened.calibration();
      this.accuracy = opened.accuracy(progress);
      this.options = options;
      this.progress = progress;
    }

    int of(Graph model) {
      OptionalDouble budget = outputs.budget();
      return budget.isPresent() ? search(model, budget.getAsDouble()) : once(model);
    }

    int float8(Graph model) {
      Float8Quantizer.Result result = new Float8Quantizer(options, executor).quantize(model, samples);
      OnnxWriter.write(result.graph(), output);
      progress.close();
      report.print("float8 weights and activations", result.layers(), result.kept());
      return ExitStatus.DONE;
    }

    private int once(Graph model) {
      Map<String, Double> accuracies = new LinkedHashMap<>();
      accuracy.ifPresent(measure -> accuracies.put("float32", accuracy(model, measure)));
      Quantizer quantizer = new Quantizer(options, executor);
      Optional<Path> cache = outputs.existingCache();
      QuantizedModel quantized = cache.isPresent()
          ? quantizer.quantize(model, CalibrationCache.read(cache.get()))
          : quantizer.quantize(model, samples);
      accuracy.ifPresent(measure -> accuracies.put("int8", accuracy(quantized.graph(), measure)));
      writeSensitivity(quantized);
      if (cache.isEmpty()) {
        outputs.cache().ifPresent(file -> CalibrationCache.of(
            quantized.plan().graph(), quantized.ranges(), options.calibrator()).write(file));
      }
      OnnxWriter.write(quantized.graph(), output);
      progress.close();
      report.print(quantized, accuracies);
      return ExitStatus.DONE;
    }

    private double accuracy(Graph graph, AccuracyMeasure measure) {
      try (GraphExecution execution = executor.open(graph)) {
        return measure.of(execution);
      }
    }

    private int search(Graph model, double budget) {
      BudgetSearch search = new BudgetSearch(options, executor, accuracy.orElseThrow(), budget,
          !outputs.pareto().isEmpty(), attempt -> progress.accept(QuantizationReport.line(attempt)));
      BudgetResult result = search.search(model, samples);
      writeSensitivity(result.model());
      for (Path file : outputs.pareto()) {
        OutputFile.write("--pareto", file, file.toString().endsWith(".html")
            ? new FrontPlot(result, accuracy.orElseThrow().metric(), budget).html()
            : Terminal.toJson(QuantizationReport.json(result, budget)));
      }
      OnnxWriter.write(result.model().graph(), output);
      progress.close();
      report.print(result, budget);
      return result.isMet() ? ExitStatus.DONE : ExitStatus.NO;
    }

    private void writeSensitivity(QuantizedModel quantized) {
      if (outputs.sensitivity().isEmpty()) {
        return;
      }
      CalibrationData some = samples.spread(SENSITIVITY_SAMPLES);
      Sensitivity sensitivity = new Sensitivity(quantized, executor, progress);
      List<Sensitivity.LayerSensitivity> ranked = accuracy
          .map(measure -> sensitivity.withMeasure(measure.spread(ACCURACY_SAMPLES)))
          .orElse(sensitivity)
          .rank(some, true);
      Map<String, Object> json =
          QuantizationReport.json(ranked, new LayerErrors(quantized, executor, progress).measure(some));
      OutputFile.write("--sensitivity", outputs.sensitivity().get(), Terminal.toJson(json));
      progress.close();
      report.print(ranked);
    }
  }
}
