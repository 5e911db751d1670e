package dev.slipway.cli;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway check}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs a model on golden data and compares its outputs; exit status 1 where one differs.",
    footer = {"", "Example: slipway check model.onnx --data model.testdata.zip"})
final class Check implements Callable<Integer> {
  @Mixin private ModelArgument model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR|ZIP",
      description = "Golden data: test_data_set_K/input_J.pb and output_J.pb.")
  private Path data;

  @Mixin private ToleranceOptions tolerance;
  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    tolerance.check();
    Terminal terminal = common.terminal();
    try (RunnableModel runnable = RunnableModel.open(model.file(), common)) {
      GoldenData golden = GoldenData.read(data, runnable.inputs(), runnable.outputs());
      if (golden.sets().stream().allMatch(set -> set.outputs().isEmpty())) {
        throw new SlipwayException("--data " + data + ": no outputs (expected: test_data_set_0/output_0.pb and so on)");
      }
      List<Map<String, long[]>> shapes = golden.sets().stream().map(GoldenData.Set::shapes).toList();
      Engine engine = runnable.engine(Profiles.covering(runnable.inputs(), shapes), tuning, terminal);
      try (ExecutionContext context = engine.newContext()) {
        return compare(terminal, engine, context, golden) ? ExitStatus.DONE : ExitStatus.NO;
      }
    }
  }

  private boolean compare(Terminal terminal, Engine engine, ExecutionContext context, GoldenData golden) {
    boolean allPassed = true;
    List<Object> json = new ArrayList<>();
    Table table = Table.of("data set", "output", ">max abs", ">max rel", ">cosine", "");
    for (GoldenData.Set set : golden.sets()) {
      Map<String, Datum> outputs = context.runAny(set.inputs());
      for (Map.Entry<String, Datum> expected : set.outputs().entrySet()) {
        OutputError error = tolerance.compare(outputs.get(expected.getKey()), expected.getValue());
        boolean passed = tolerance.isPassed(error);
        allPassed &= passed;
        table.row(set.name(), expected.getKey(), Quantity.error(error.maxAbs()), Quantity.error(error.maxRel()),
            String.format(Locale.ROOT, "%.6f", error.cosine()), error.verdict(passed));
        json.add(entry(set, expected.getKey(), error, passed));
      }
    }
    terminal.print(table);
    terminal.print((allPassed ? "passed" : "FAILED") + " on " + engine.backend().device().description() + " ("
        + tolerance.rule() + ")");
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("passed", allPassed);
    result.put("outputs", json);
    terminal.json(result);
    return allPassed;
  }

  private static Map<String, Object> entry(GoldenData.Set set, String name, OutputError error, boolean passed) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("dataSet", set.name());
    entry.put("name", name);
    entry.put("maxAbs", error.maxAbs());
    entry.put("maxRel", error.maxRel());
    entry.put("cosine", error.cosine());
    entry.put("passed", passed);
    return entry;
  }
}
