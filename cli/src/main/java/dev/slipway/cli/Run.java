package dev.slipway.cli;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
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

/** {@code slipway run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs a model once, and compares its outputs where --expect is given.",
    footer = {"", "Example: slipway run model.onnx --input x=x.npy --output-dir out"})
final class Run implements Callable<Integer> {
  private static final long FIRST_ELEMENTS = 4;

  @Mixin private ModelArgument model;

  @Option(
      names = {"--input", "--loadInputs"},
      paramLabel = "NAME=FILE",
      split = ",",
      description = "A .npy, .npz or .pb file for an input; the name may be left out where there is one input, and for"
          + " .npz files that hold arrays of the inputs' names. Repeatable.")
  private List<String> inputFiles = new ArrayList<>();

  @Option(
      names = "--shapes",
      paramLabel = "SHAPES",
      description = "Shapes of random inputs: NAME:1x3x224x224,... (default: what a plan was tuned at, or batch 1).")
  private Optional<String> shapes = Optional.empty();

  @Option(names = "--random-seed", paramLabel = "N", description = "Give inputs without a file random values.")
  private Optional<Long> seed = Optional.empty();

  @Option(names = "--output-dir", paramLabel = "DIR", description = "Write every output as NAME.npy.")
  private Optional<Path> outputFolder = Optional.empty();

  @Option(
      names = "--expect",
      paramLabel = "NAME=FILE",
      split = ",",
      description = "What an output must be, as a .npy, .npz or .pb file. Repeatable.")
  private List<String> expected = new ArrayList<>();

  @Mixin private ToleranceOptions tolerance;
  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    tolerance.check();
    Terminal terminal = common.terminal();
    Optional<Path> folder = outputFolder.map(path -> OutputFile.requireFolder("--output-dir", path));
    try (RunnableModel runnable = RunnableModel.open(model.file(), common)) {
      Map<String, Datum> inputs = inputs(runnable);
      Map<String, Datum> wanted = named("--expect", expected, runnable.outputs());
      Map<String, long[]> dims = GoldenData.shapes(inputs);
      Engine engine = runnable.engine(Profiles.covering(runnable.inputs(), List.of(dims)), tuning, terminal);
      try (ExecutionContext context = engine.newContext()) {
        long start = System.nanoTime();
        Map<String, Datum> outputs = context.runAny(inputs);
        double millis = (System.nanoTime() - start) / 1e6;
        folder.ifPresent(path -> write(outputs, path, terminal));
        return report(terminal, engine, outputs, wanted, millis);
      }
    }
  }

  private Map<String, Datum> inputs(RunnableModel runnable) {
    Map<String, ValueType> types = runnable.inputs();
    Map<String, Datum> given = named("--input", inputFiles, types);
    Map<String, ValueType> missing = new LinkedHashMap<>(types);
    missing.keySet().removeAll(given.keySet());
    if (missing.isEmpty()) {
      return given;
    }
    if (seed.isEmpty()) {
      Map.Entry<String, ValueType> first = missing.entrySet().iterator().next();
      throw new SlipwayException("input " + first.getKey() + ": missing (expected: --input " + first.getKey()
          + "=FILE with " + first.getValue() + ", or --random-seed N for random values)");
    }
    given.putAll(RandomInputs.of(bound(missing, runnable), seed.get()));
    return given;
  }

  /** Types with the shapes that were given, or the usual ones. */
  private Map<String, ValueType> bound(Map<String, ValueType> types, RunnableModel runnable) {
    Map<String, long[]> given = shapes
        .map(text -> ShapeList.parse("--shapes", text, List.copyOf(runnable.inputs().keySet())))
        .orElseGet(runnable::usualShapes);
    Map<String, ValueType> bound = new LinkedHashMap<>();
    types.forEach((name, type) -> bound.put(
        name,
        type instanceof TensorType tensor && given.containsKey(name)
            ? tensor.withShape(Shape.of(given.get(name)))
            : type));
    Map<String, TensorType> dynamic = Profiles.dynamicInputs(bound);
    if (!dynamic.isEmpty()) {
      throw Profiles.unbound(dynamic, "--shapes");
    }
    return bound;
  }

  private static Map<String, Datum> named(String option, List<String> arguments, Map<String, ValueType> types) {
    Map<String, Datum> values = new LinkedHashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals >= 0) {
        String name = argument.substring(0, equals);
        values.put(name, TensorFile.read(Path.of(argument.substring(equals + 1)), name, required(option, name, types)));
      } else if (types.size() == 1) {
        String name = types.keySet().iterator().next();
        values.put(name, TensorFile.read(Path.of(argument), name, types.get(name)));
      } else if (argument.endsWith(".npz")) {
        TensorFile.arrays(Path.of(argument)).forEach((name, tensor) -> {
          required(option, name, types);
          values.put(name, tensor);
        });
      } else {
        throw new SlipwayException(
            option + ": " + argument + " (expected: NAME=FILE, NAME one of " + types.keySet() + ")");
      }
    }
    return values;
  }

  private static ValueType required(String option, String name, Map<String, ValueType> types) {
    ValueType type = types.get(name);
    if (type == null) {
      throw new SlipwayException(option + ": " + name + " (expected: one of " + types.keySet() + ")");
    }
    return type;
  }

  private static void write(Map<String, Datum> outputs, Path folder, Terminal terminal) {
    outputs.forEach((name, value) -> {
      if (value instanceof Tensor tensor) {
        TensorFile.write(tensor, folder.resolve(name.replaceAll("[^A-Za-z0-9._-]", "_") + ".npy"));
      } else {
        terminal.note("output " + name + ": " + value.type() + " is not written (only tensors are)");
      }
    });
  }

  private int report(
      Terminal terminal, Engine engine, Map<String, Datum> outputs, Map<String, Datum> wanted, double millis) {
    boolean allPassed = true;
    List<Object> json = new ArrayList<>();
    Table table = wanted.isEmpty()
        ? Table.of("output", "type", ">min", ">max", ">mean", "first elements")
        : Table.of("output", "type", ">max abs", ">max rel", ">cosine", "");
    for (Map.Entry<String, Datum> output : outputs.entrySet()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", output.getKey());
      entry.put("type", output.getValue().type().toString());
      if (wanted.containsKey(output.getKey())) {
        OutputError error = tolerance.compare(output.getValue(), wanted.get(output.getKey()));
        boolean passed = tolerance.isPassed(error);
        allPassed &= passed;
        table.row(output.getKey(), output.getValue().type(), Quantity.error(error.maxAbs()),
            Quantity.error(error.maxRel()), String.format(Locale.ROOT, "%.6f", error.cosine()), error.verdict(passed));
        entry.put("maxAbs", error.maxAbs());
        entry.put("maxRel", error.maxRel());
        entry.put("passed", passed);
      } else if (wanted.isEmpty()) {
        summarize(table, entry, output.getKey(), output.getValue());
      }
      json.add(entry);
    }
    terminal.print(table);
    terminal.print("run on " + engine.backend().device().description() + " in " + Quantity.millis(millis)
        + ", the first run; slipway bench measures");
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("backend", engine.backend().name());
    result.put("device", engine.backend().device().description());
    result.put("passed", allPassed);
    result.put("runMs", millis);
    result.put("outputs", json);
    terminal.json(result);
    return allPassed ? ExitStatus.DONE : ExitStatus.NO;
  }

  private static void summarize(Table table, Map<String, Object> entry, String name, Datum value) {
    if (!(value instanceof Tensor tensor) || tensor.dtype().isComplex() || tensor.elementCount() == 0) {
      table.row(name, value.type(), "", "", "", "");
      return;
    }
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    long count = tensor.elementCount();
    StringBuilder first = new StringBuilder();
    for (long i = 0; i < count; i++) {
      double element = tensor.getDouble(i);
      min = Math.min(min, element);
      max = Math.max(max, element);
      sum += element;
      if (i < FIRST_ELEMENTS) {
        first.append(i == 0 ? "" : ", ").append(element(element));
      }
    }
    table.row(name, tensor.type(), element(min), element(max), element(sum / count),
        first + (count > FIRST_ELEMENTS ? ", ..." : ""));
    entry.put("min", min);
    entry.put("max", max);
    entry.put("mean", sum / count);
  }

  private static String element(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.5g", value);
  }
}
