package dev.slipway.cli;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.optimizer.Equivalence;
import dev.slipway.optimizer.Optimization;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code slipway simplify}. */
@Command(
    name = "simplify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Folds, eliminates and fuses back to standard ONNX, and proves on random inputs that the result"
        + " computes the same; exit status 1, and nothing written, where it does not.",
    footer = {"", "Example: slipway simplify model.onnx simple.onnx --log"})
final class Simplify implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "IN.onnx", description = "The model.")
  private Path input;

  @Parameters(index = "1", paramLabel = "OUT.onnx", description = "Where the simplified model goes.")
  private Path output;

  @Option(names = "--log", description = "Print every patch.")
  private boolean log;

  @Option(
      names = "--stop-after",
      paramLabel = "N",
      description = "Stop after so many patches: halve it to find the one that breaks a model.")
  private Optional<Integer> stopAfter = Optional.empty();

  @Option(names = "--random-seed", paramLabel = "N", description = "Seed of the random inputs (default: 1).")
  private long seed = 1;

  @Option(names = "--no-check", description = "Do not prove that the result computes the same.")
  private boolean noCheck;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Terminal terminal = common.terminal();
    if (!Files.exists(input)) {
      throw new SlipwayException(input + ": no such file (expected: an .onnx file)");
    }
    int limit = stopAfter.orElse(Integer.MAX_VALUE);
    OptionValue.atLeast("--stop-after", limit, 0);
    OutputFile.requireWritable("OUT.onnx", output);
    Graph graph = new ModelFile(input).requireOnnx("slipway simplify").graph();
    PassDriver driver = new PassDriver().withPatchLimit(limit)
        .withListener(patch -> {
          if (log) {
            terminal.print(patch.toString());
          }
        });
    Optimization result = driver.run(Pipelines.simplify(), graph);
    Optional<Equivalence> proof = noCheck ? Optional.empty() : Optional.of(prove(terminal, graph, result.graph()));
    boolean holds = proof.map(Equivalence::holds).orElse(true);
    if (holds) {
      OnnxWriter.write(result.graph(), output);
    }
    report(terminal, graph, result);
    proof.ifPresent(equivalence -> reportProof(terminal, equivalence));
    terminal.json(json(graph, result, proof.map(Simplify::differences).orElse(Map.of()), holds));
    return holds ? ExitStatus.DONE : ExitStatus.NO;
  }

  private Equivalence prove(Terminal terminal, Graph graph, Graph simplified) {
    terminal.note("comparing both on random inputs, by the reference (--no-check leaves it out) ...");
    return Equivalence.check(graph, simplified, seed);
  }

  private void report(Terminal terminal, Graph before, Optimization result) {
    Map<String, Integer> counts = OperatorCounts.of(before);
    Map<String, Integer> after = OperatorCounts.of(result.graph());
    Table table = Table.of("operator", ">before", ">after");
    TreeSet<String> operators = new TreeSet<>(counts.keySet());
    operators.addAll(after.keySet());
    operators.forEach(operator ->
        table.row(operator, counts.getOrDefault(operator, 0), after.getOrDefault(operator, 0)));
    table.row("all", before.nodes().size(), result.graph().nodes().size());
    terminal.print(table);
    Table passes = Table.of("pass", ">patches", ">ms");
    result.times().forEach((pass, time) ->
        passes.row(pass, result.counts().getOrDefault(pass, 0), time.toMillis()));
    terminal.print("");
    terminal.print(passes);
    if (!result.converged()) {
      terminal.print("stopped after " + result.applied().size() + " patches; more were possible");
    }
  }

  private void reportProof(Terminal terminal, Equivalence equivalence) {
    terminal.print("");
    equivalence.outputs().forEach((name, difference) -> terminal.print("output " + name + ": "
        + (difference.isEqual() ? "equal" : "DIFFERS") + ", largest difference " + Quantity.error(difference.largest())
        + " (allowed: " + Quantity.error(difference.allowed()) + " of the largest element)"));
    terminal.print(equivalence.holds()
        ? "equal on random inputs " + equivalence.inputs()
        : "NOT equal on random inputs " + equivalence.inputs() + "; nothing was written (--log and --stop-after N find"
            + " the patch)");
  }

  private static Map<String, Object> differences(Equivalence equivalence) {
    Map<String, Object> outputs = new LinkedHashMap<>();
    equivalence.outputs().forEach((name, difference) -> outputs.put(name, difference.largest()));
    return outputs;
  }

  private Map<String, Object> json(
      Graph before, Optimization result, Map<String, Object> differences, boolean holds) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodesBefore", before.nodes().size());
    json.put("nodesAfter", result.graph().nodes().size());
    json.put("operatorsBefore", OperatorCounts.of(before));
    json.put("operatorsAfter", OperatorCounts.of(result.graph()));
    json.put("patches", result.counts());
    json.put("converged", result.converged());
    json.put("checked", !noCheck);
    json.put("equal", holds);
    json.put("largestDifference", differences);
    return json;
  }
}
