package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.quantization.AccuracyMeasure;
import dev.slipway.quantization.GraphExecution;
import dev.slipway.quantization.KeptFloat;
import dev.slipway.quantization.QuantizedModel;
import dev.slipway.quantization.Quantizer;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code slipway quantize}. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Quantises a float model to int8 after training: calibrates on samples and writes QuantizeLinear and"
        + " DequantizeLinear pairs, standard ONNX.",
    footer = {
      "",
      "Example: slipway quantize model.onnx model.int8.onnx --dataset photographs.zip --calibrate class:10"
    })
final class Quantize implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "IN.onnx", description = "The float model.")
  private Path input;

  @Parameters(index = "1", paramLabel = "OUT.onnx", description = "Where the quantised model goes.")
  private Path output;

  @Mixin private QuantizationData data;
  @Mixin private QuantizationChoices choices;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Terminal terminal = common.terminal();
    if (!Files.exists(input)) {
      throw new SlipwayException(input + ": no such file (expected: an .onnx file)");
    }
    OutputFile.requireWritable("OUT.onnx", output);
    ModelFile file = new ModelFile(input).requireOnnx("slipway quantize");
    Graph model = file.graph();
    try (Backend backend = common.target().open();
        QuantizationData.Opened opened = data.open(file, RunnableModel.inputs(model), RunnableModel.outputs(model));
        Progress progress = terminal.progress()) {
      EngineExecutor executor =
          new EngineExecutor(backend, Profiles.covering(RunnableModel.inputs(model), opened.shapes()));
      QuantizedModel quantized = new Quantizer(choices.options().withProgress(progress), executor)
          .quantize(model, opened.calibration());
      Map<String, Double> accuracies = new LinkedHashMap<>();
      Optional<AccuracyMeasure> measure = opened.accuracy(progress);
      measure.ifPresent(each -> {
        accuracies.put("float32", accuracy(executor, model, each));
        accuracies.put("int8", accuracy(executor, quantized.graph(), each));
      });
      OnnxWriter.write(quantized.graph(), output);
      print(terminal, quantized, accuracies);
      terminal.json(json(quantized, accuracies));
    }
    return ExitStatus.DONE;
  }

  private static double accuracy(EngineExecutor executor, Graph graph, AccuracyMeasure measure) {
    try (GraphExecution execution = executor.open(graph)) {
      return measure.of(execution);
    }
  }

  // ---- results

  private void print(Terminal terminal, QuantizedModel quantized, Map<String, Double> accuracies) {
    terminal.print("layers   " + quantized.plan().layers().size() + " in int8, "
        + quantized.plan().groups().size() + " activation scales");
    terminal.print("size     " + Quantity.bytes(bytes(input)) + " to " + Quantity.bytes(bytes(output)));
    accuracies.forEach((precision, accuracy) ->
        terminal.print(String.format(Locale.ROOT, "accuracy %.4f in %s", accuracy, precision)));
    quantized.notes().forEach(terminal::note);
    if (quantized.plan().kept().isEmpty()) {
      return;
    }
    terminal.print("");
    Table table = Table.of("stays float", ">nodes", "because");
    reasons(quantized).forEach((reason, nodes) -> table.row(nodes.size() == 1
        ? nodes.getFirst().node()
        : nodes.getFirst().operator(), nodes.size(), reason));
    terminal.print(table);
  }

  private static Map<String, List<KeptFloat>> reasons(QuantizedModel quantized) {
    return quantized.plan().kept().stream()
        .collect(Collectors.groupingBy(KeptFloat::reason, LinkedHashMap::new, Collectors.toList()));
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read: " + e + " (expected: a file)", e);
    }
  }

  private Map<String, Object> json(QuantizedModel quantized, Map<String, Double> accuracies) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", input.toString());
    json.put("output", output.toString());
    json.put("bytesBefore", bytes(input));
    json.put("bytesAfter", bytes(output));
    json.put("layers", quantized.plan().layers().stream().map(layer -> layer.name()).toList());
    json.put("float", quantized.plan().kept().stream()
        .map(kept -> Map.of("node", kept.node(), "operator", kept.operator(), "reason", kept.reason())).toList());
    json.put("accuracy", accuracies);
    json.put("notes", quantized.notes());
    return json;
  }
}
