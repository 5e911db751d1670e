package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A model that a command runs: a plan, which is loaded at once, or an ONNX file, which is built in memory when the
 * shapes are known.
 */
final class RunnableModel implements AutoCloseable {
  private final Map<String, ValueType> inputs;
  private final Map<String, ValueType> outputs;
  private final Graph graph;
  private final Target target;
  private Backend backend;
  private Engine engine;
  /** Another engine of the same plan, on a backend of its own. */
  private Function<EngineOptions, Engine> again;
  /** What an engine was loaded of that has to be built anew for this device. */
  private Optional<Foreign> foreign = Optional.empty();

  private double buildSeconds;
  private double loadMillis;

  private RunnableModel(Graph graph, Engine engine, Target target) {
    this.graph = graph;
    this.engine = engine;
    this.target = target;
    this.inputs = graph == null ? engine.inputs() : inputs(graph);
    this.outputs = graph == null ? engine.outputs() : outputs(graph);
  }

  static RunnableModel open(ModelFile file, CommonOptions common) {
    if (!file.isPlan()) {
      return new RunnableModel(file.graph(), null, common.target());
    }
    long start = System.nanoTime();
    EngineOptions options = common.chosenTarget()
        .map(Target::engineOptions)
        .orElseGet(() -> EngineOptions.defaults().withThreads(common.threads()));
    Engine engine = Engine.load(file.path(), options);
    RunnableModel model = new RunnableModel(null, engine, new Target("", 0, common.threads()));
    model.again = other -> Engine.load(file.path(), other);
    model.loadMillis = millisSince(start);
    if (!engine.isTuned()) {
      model.foreign = hasOwnMemory(engine.backend()) ? Optional.of(new Foreign(file.path(), engine)) : Optional.empty();
      common.terminal().note(file.path() + ": not built for " + engine.backend().device().description() + "; "
          + (model.foreign.isPresent() ? "its portable graph is built anew" : "its portable graph runs, without tuning")
          + " (slipway build makes a plan for this device)");
    }
    return model;
  }

  /**
   * A plan for another device.
   *
   * @param engine of the portable graph; owns the backend
   */
  private record Foreign(Path file, Engine engine) {}

  /** Such devices are slow without tuning, and fast to tune. */
  private static boolean hasOwnMemory(Backend backend) {
    Optional<DeviceQueue> queue = backend.newQueue();
    queue.ifPresent(DeviceQueue::close);
    return queue.isPresent();
  }

  static Map<String, ValueType> inputs(Graph graph) {
    Map<String, ValueType> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> inputs.put(graph.value(id).name(), graph.type(id)));
    return inputs;
  }

  static Map<String, ValueType> outputs(Graph graph) {
    Map<String, ValueType> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, id) -> outputs.put(name, graph.type(id)));
    return outputs;
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  Map<String, ValueType> inputs() {
    return inputs;
  }

  Map<String, ValueType> outputs() {
    return outputs;
  }

  /** The profiles of a plan; none before an ONNX model is built. */
  List<OptimizationProfile> profiles() {
    return engine == null ? List.of() : engine.manifest().profiles();
  }

  /** The shapes that a plan was tuned at, or batch 1 where nothing but the batch is dynamic; none otherwise. */
  Map<String, long[]> usualShapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    Map<String, TensorType> dynamic = Profiles.dynamicInputs(inputs);
    if (!profiles().isEmpty()) {
      profiles().getFirst().ranges().forEach((name, range) -> shapes.put(name, range.opt()));
    } else if (Profiles.isBatchOnly(dynamic)) {
      shapes.putAll(Profiles.atBatch(dynamic, 1));
    }
    return shapes;
  }

  /** The engine; builds it for these profiles where it is not there yet. */
  Engine engine(List<OptimizationProfile> profiles, BuildTuning tuning, Terminal terminal) {
    return engine(profiles, tuning.options(), terminal);
  }

  /** The engine; builds it for these profiles with these options where it is not there yet. */
  Engine engine(List<OptimizationProfile> profiles, BuildOptions options, Terminal terminal) {
    if (foreign.isPresent() && engine == foreign.get().engine()) {
      return rebuilt(foreign.get(), options, terminal);
    }
    if (engine != null) {
      return engine;
    }
    backend = target.open();
    return built(graph, backend, options.withProfiles(profiles), terminal);
  }

  private Engine rebuilt(Foreign plan, BuildOptions options, Terminal terminal) {
    Plan.Manifest manifest = plan.engine().manifest();
    BuildOptions.Precision precision = BuildOptions.Precision.valueOf(manifest.precision().toUpperCase(Locale.ROOT));
    BuildOptions same = options.withProfiles(manifest.profiles())
        .withPrecision(Builder.has(plan.engine().backend(), precision) ? precision : BuildOptions.Precision.FP32);
    Graph portable = PlanFile.read(plan.file(), Arena.ofAuto()).portable().get();
    return built(portable, plan.engine().backend(), same, terminal);
  }

  private Engine built(Graph model, Backend on, BuildOptions options, Terminal terminal) {
    long start = System.nanoTime();
    try (Progress progress = terminal.progress()) {
      BuildResult result = new Builder(on, options.withProgress(progress)).build(model);
      buildSeconds = millisSince(start) / 1e3;
      start = System.nanoTime();
      engine = Engine.of(result.plan(), on);
      again = other -> Engine.of(result.plan(), other);
      loadMillis = millisSince(start);
    }
    return engine;
  }

  /**
   * The engine's plan on another device; the caller closes it.
   *
   * @throws SlipwayException where there is no such device, or it is of another kind
   */
  Engine on(int ordinal) {
    Engine other = again.apply(new EngineOptions(engine.backend().name(), target.threads(), ordinal));
    if (other.isTuned()) {
      return other;
    }
    String description = other.backend().device().description();
    other.close();
    throw new SlipwayException("device " + ordinal + ": " + description + " (expected: the same as the first, "
        + engine.backend().device().description() + ", for which the plan was built)");
  }

  /** Seconds that the build took; 0 for a plan. */
  double buildSeconds() {
    return buildSeconds;
  }

  double loadMillis() {
    return loadMillis;
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
    foreign.ifPresent(plan -> plan.engine().close());
    if (backend != null) {
      backend.close();
    }
  }
}
