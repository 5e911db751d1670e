package dev.slipway.cli;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a model runs on: golden data, or random values. */
final class InputOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR|ZIP",
      description = "Inputs in the layout that slipway check reads; data sets take turns.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--shapes",
      paramLabel = "SHAPES",
      description = "Shapes of random inputs: NAME:1x3x224x224,... (default: the model's, or those that a plan was"
          + " tuned at).")
  private Optional<String> shapes = Optional.empty();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "First dimension of inputs where it is dynamic (default: 1).")
  private Optional<Long> batch = Optional.empty();

  /** The data sets, or one set of random values; in memory of the arena. */
  List<Map<String, Datum>> values(RunnableModel runnable, Arena arena) {
    requireOneSource();
    List<Map<String, Datum>> all = data
        .map(path -> GoldenData.read(path, runnable.inputs(), runnable.outputs()).sets().stream()
            .map(GoldenData.Set::inputs)
            .toList())
        .orElseGet(() -> List.of(RandomInputs.of(bound(runnable), 1)));
    return all.stream().map(values -> inNativeMemory(values, arena)).toList();
  }

  private static Map<String, Datum> inNativeMemory(Map<String, Datum> values, Arena arena) {
    Map<String, Datum> copies = new LinkedHashMap<>();
    values.forEach((name, value) -> copies.put(name, value instanceof Tensor tensor ? tensor.copy(arena) : value));
    return copies;
  }

  /** The inputs' types at the shapes to measure. */
  private Map<String, ValueType> bound(RunnableModel runnable) {
    Map<String, TensorType> dynamic = Profiles.dynamicInputs(runnable.inputs());
    Map<String, long[]> given = new LinkedHashMap<>();
    if (shapes.isPresent()) {
      given.putAll(ShapeList.parse("--shapes", shapes.get(), List.copyOf(runnable.inputs().keySet())));
    } else if (!runnable.profiles().isEmpty()) {
      given.putAll(tunedAt(runnable.profiles().getFirst(), dynamic));
    } else if (Profiles.isBatchOnly(dynamic)) {
      given.putAll(Profiles.atBatch(dynamic, batch.orElse(1L)));
    }
    if (batch.isPresent() && dynamic.isEmpty()) {
      throw new SlipwayException("--batch: " + batch.get() + " (expected: a model with a dynamic first dimension; this"
          + " one takes " + runnable.inputs() + ")");
    }
    Map<String, ValueType> bound = new LinkedHashMap<>();
    runnable.inputs().forEach((name, type) -> bound.put(
        name,
        type instanceof TensorType tensor && given.containsKey(name)
            ? tensor.withShape(Shape.of(given.get(name)))
            : type));
    Map<String, TensorType> left = Profiles.dynamicInputs(bound);
    if (!left.isEmpty()) {
      throw Profiles.unbound(left, "--shapes or --data");
    }
    return bound;
  }

  private Map<String, long[]> tunedAt(OptimizationProfile profile, Map<String, TensorType> dynamic) {
    Map<String, long[]> dims = new LinkedHashMap<>();
    profile.ranges().forEach((name, range) -> {
      long[] opt = range.opt().clone();
      boolean isDynamicBatch = dynamic.containsKey(name) && opt.length > 0
          && !(dynamic.get(name).shape().ranked() && dynamic.get(name).shape().dim(0) instanceof Dim.Known);
      if (batch.isPresent() && isDynamicBatch) {
        opt[0] = batch.get();
      }
      dims.put(name, opt);
    });
    return dims;
  }

  private void requireOneSource() {
    if (batch.isPresent() && (batch.get() < 1 || shapes.isPresent() || data.isPresent())) {
      throw new SlipwayException("--batch: " + batch.get() + " (expected: >= 1, and neither --shapes nor --data)");
    }
    if (shapes.isPresent() && data.isPresent()) {
      throw new SlipwayException("--shapes and --data (expected: one of them; the data have shapes)");
    }
  }

  /** The shapes of values. */
  static Map<String, long[]> dims(Map<String, ? extends Datum> inputs) {
    Map<String, long[]> dims = new LinkedHashMap<>();
    inputs.forEach((name, value) -> {
      if (value instanceof Tensor tensor) {
        dims.put(name, tensor.dims());
      }
    });
    return dims;
  }
}
