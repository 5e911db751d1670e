package dev.slipway.runtime;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Backends;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A loaded plan: what threads share. Each thread runs through an {@link ExecutionContext} of its own. Immutable to its
 * users and thread-safe.
 *
 * <p>{@link #close()} waits for running contexts and then frees all memory; whatever is used after that throws
 * {@link IllegalStateException}.
 */
public final class Engine implements AutoCloseable {
  /** Programs for so many shapes are kept; the least recently used one goes. */
  private static final int KEPT_PROGRAMS = 64;

  /** Whether a plan has been loaded in this process. */
  private static final AtomicBoolean started = new AtomicBoolean();

  private final Plan plan;
  private final Graph graph;
  private final boolean tuned;
  private final Backend backend;
  private final boolean ownsBackend;
  private final Arena arena;
  /** Owns the constants in the memory of the device, where it has such. */
  private final Optional<DeviceQueue> constantQueue;
  private final ConstantMemory constants;
  private final KernelSource kernels;
  private final Map<Graph, Map<List<ValueType>, Program>> programs = new IdentityHashMap<>();
  private final Object lifecycle = new Object();
  private int running;
  private boolean closed;

  private Engine(Plan plan, Backend backend, boolean ownsBackend, Arena arena) {
    this.plan = plan;
    this.backend = backend;
    this.ownsBackend = ownsBackend;
    this.arena = arena;
    this.tuned = plan.tuned().isPresent()
        && plan.tuned().get().fingerprint().equals(backend.device().fingerprint());
    this.graph = tuned ? plan.tuned().get().graph() : plan.portable().get();
    if (tuned) {
      backend.artifacts().ifPresent(artifacts -> artifacts.addAll(plan.tuned().get().artifacts()));
    }
    this.constantQueue = backend.newQueue();
    this.constants = new ConstantMemory(arena, tuned ? plan.tuned().get().packed() : Map.of(), constantQueue);
    this.kernels = new KernelSource(backend, tuned ? plan.tuned().get().choices() : Map.of(), constants);
  }

  /** Loads a plan with {@link EngineOptions#defaults()}. */
  public static Engine load(Path plan) {
    return load(plan, EngineOptions.defaults());
  }

  /**
   * Loads a plan. Its weights are mapped, not copied.
   *
   * @throws SlipwayException where the file is no plan, is damaged, or its backend cannot run here
   */
  public static Engine load(Path plan, EngineOptions options) {
    Arena arena = Arena.ofShared();
    try {
      if (!started.getAndSet(true)) {
        Backends.prepare();
      }
      return open(PlanFile.read(plan, arena), options, arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Makes an engine of a plan in memory. */
  public static Engine of(Plan plan, EngineOptions options) {
    Arena arena = Arena.ofShared();
    try {
      return open(plan, options, arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Makes an engine of a plan in memory on a backend that the caller closes after the engine. */
  public static Engine of(Plan plan, Backend backend) {
    return new Engine(plan, backend, false, Arena.ofShared());
  }

  private static Engine open(Plan plan, EngineOptions options, Arena arena) {
    String name = options.backend().isEmpty() ? backendOf(plan) : options.backend();
    Backend backend = Backends.open(name, options.backendOptions());
    return new Engine(plan, backend, true, arena);
  }

  /** The backend that a plan was tuned for. */
  private static String backendOf(Plan plan) {
    return plan.tuned().isEmpty() ? "cpu" : plan.tuned().get().fingerprint().split(" ", 2)[0];
  }

  /** The name, precision, profiles and metadata of the model. */
  public Plan.Manifest manifest() {
    return plan.manifest();
  }

  /** The graph that runs: the tuned one, or the portable one where the plan was built for another device. */
  public Graph graph() {
    return graph;
  }

  /** Whether the plan was tuned for this device; otherwise its portable graph runs. */
  public boolean isTuned() {
    return tuned;
  }

  public Backend backend() {
    return backend;
  }

  /** The inputs, dynamic dimensions symbolic. */
  public Map<String, ValueType> inputs() {
    Map<String, ValueType> inputs = new LinkedHashMap<>();
    for (ValueId id : graph.inputs()) {
      inputs.put(graph.value(id).name(), graph.type(id));
    }
    return inputs;
  }

  /** The outputs, dynamic dimensions symbolic. */
  public Map<String, ValueType> outputs() {
    Map<String, ValueType> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, id) -> outputs.put(name, graph.type(id)));
    return outputs;
  }

  /** Bytes of the constants and of their packed forms. */
  public long weightBytes() {
    return graph.constants().values().stream().mapToLong(tensor -> tensor.type().bytes()).sum()
        + constants.packedBytes();
  }

  /**
   * Bytes of the workspace and the outputs that a context needs for inputs of these shapes; values whose shapes depend
   * on data are not counted.
   *
   * @throws SlipwayException for shapes that the engine does not take
   */
  public long contextBytes(Map<String, Shape> shapes) {
    Program program = programFor(shapes);
    return Math.addExact(program.workspaceBytes(), Arrays.stream(program.ownOutputs()).sum());
  }

  /**
   * What of the workspace is in use at each step, for inputs of these shapes.
   *
   * @throws SlipwayException for shapes that the engine does not take
   */
  public WorkspaceUse workspaceUse(Map<String, Shape> shapes) {
    Program program = programFor(shapes);
    List<WorkspaceUse.AtStep> steps = new ArrayList<>();
    for (int i = 0; i < program.steps().size(); i++) {
      steps.add(new WorkspaceUse.AtStep(program.steps().get(i).name(), program.liveBytes()[i]));
    }
    return new WorkspaceUse(program.workspaceBytes(), steps);
  }

  /**
   * Which steps run at the same time, for inputs of these shapes.
   *
   * @return for each group of steps its parts, each of them steps that one thread runs in order
   * @throws SlipwayException for shapes that the engine does not take
   */
  public List<List<List<String>>> stepsTogether(Map<String, Shape> shapes) {
    Program program = programFor(shapes);
    List<List<List<String>>> groups = new ArrayList<>();
    for (StepGroup group : program.groups()) {
      groups.add(group.parts().stream()
          .map(part -> Arrays.stream(part).mapToObj(step -> program.steps().get(step).name()).toList())
          .toList());
    }
    return groups;
  }

  private Program programFor(Map<String, Shape> shapes) {
    Map<String, ValueType> types = new LinkedHashMap<>(inputs());
    shapes.forEach((name, shape) ->
        types.computeIfPresent(
            name, (key, type) -> type instanceof TensorType tensor ? tensor.withShape(shape) : type));
    enter();
    try {
      return program(graph, check(types));
    } finally {
      exit();
    }
  }

  /** A context for one thread at a time; the caller closes it. */
  public ExecutionContext newContext() {
    enter();
    try {
      return new ExecutionContext(this);
    } finally {
      exit();
    }
  }

  /** Waits for running contexts, then frees all memory. Closing again does nothing. */
  @Override
  public void close() {
    synchronized (lifecycle) {
      if (closed) {
        return;
      }
      closed = true;
      boolean interrupted = false;
      while (running > 0) {
        try {
          lifecycle.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    constantQueue.ifPresent(DeviceQueue::close);
    if (ownsBackend) {
      backend.close();
    }
    arena.close();
  }

  /** Keeps the engine open until {@link #exit()}. */
  void enter() {
    synchronized (lifecycle) {
      if (closed) {
        throw new IllegalStateException("engine " + plan.manifest().model() + " is closed");
      }
      running++;
    }
  }

  void exit() {
    synchronized (lifecycle) {
      if (--running == 0) {
        lifecycle.notifyAll();
      }
    }
  }

  ConstantMemory constants() {
    return constants;
  }

  /** The program of the engine's graph, or of a subgraph of it, for inputs of these types. */
  Program program(Graph of, List<ValueType> types) {
    synchronized (programs) {
      Map<List<ValueType>, Program> byTypes = programs.get(of);
      if (byTypes == null) {
        byTypes = leastRecentlyUsed();
        programs.put(of, byTypes);
      }
      Program program = byTypes.get(types);
      if (program == null) {
        program = ProgramCompiler.compile(of, types, kernels);
        byTypes.put(types, program);
      }
      return program;
    }
  }

  private static <K, V> Map<K, V> leastRecentlyUsed() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > KEPT_PROGRAMS;
      }
    };
  }

  /**
   * Checks inputs against the engine: names, element types, ranks, and the profiles' ranges.
   *
   * @return the inputs' types in the graph's order
   */
  List<ValueType> check(Map<String, ValueType> given) {
    List<ValueType> types = new ArrayList<>();
    for (ValueId id : graph.inputs()) {
      String name = graph.value(id).name();
      ValueType actual = given.get(name);
      if (actual == null) {
        throw new SlipwayException("input " + name + ": missing (expected: " + graph.type(id) + ")");
      }
      checkInput(name, graph.type(id), actual);
      types.add(actual);
    }
    if (given.size() > graph.inputs().size()) {
      List<String> unknown = new ArrayList<>(given.keySet());
      unknown.removeAll(inputs().keySet());
      throw new SlipwayException(
          "input " + unknown.getFirst() + ": unknown (expected: one of " + inputs().keySet() + ")");
    }
    checkProfiles(given);
    return types;
  }

  private static void checkInput(String name, ValueType expected, ValueType actual) {
    if (!(expected instanceof TensorType tensor)) {
      return;
    }
    if (!(actual instanceof TensorType given) || given.dtype() != tensor.dtype()) {
      throw new SlipwayException("input " + name + ": " + actual + " (expected: " + expected + ")");
    }
    if (!tensor.shape().ranked()) {
      return;
    }
    boolean fits = given.shape().rank() == tensor.shape().rank();
    for (int i = 0; fits && i < tensor.shape().rank(); i++) {
      fits = tensor.shape().dim(i).known().isEmpty() || tensor.shape().dim(i).equals(given.shape().dim(i));
    }
    if (!fits) {
      throw new SlipwayException("input " + name + ": " + actual + " (expected: " + expected + ")");
    }
  }

  private void checkProfiles(Map<String, ValueType> given) {
    List<OptimizationProfile> profiles = plan.manifest().profiles();
    if (profiles.isEmpty()) {
      return;
    }
    Map<String, TensorType> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, ValueType> input : given.entrySet()) {
      if (input.getValue() instanceof TensorType tensor) {
        tensors.put(input.getKey(), tensor);
      }
    }
    for (OptimizationProfile profile : profiles) {
      if (profile.contains(tensors)) {
        return;
      }
    }
    for (Map.Entry<String, TensorType> input : tensors.entrySet()) {
      long[] dims = input.getValue().shape().known();
      boolean fits = profiles.stream()
          .anyMatch(p -> !p.ranges().containsKey(input.getKey()) || p.ranges().get(input.getKey()).contains(dims));
      if (!fits) {
        List<String> ranges = profiles.stream().map(p -> p.ranges().get(input.getKey()).toString()).toList();
        throw new SlipwayException("input " + input.getKey() + ": shape " + Shape.text(dims) + " (expected: within "
            + String.join(", or within ", ranges) + ", the ranges that the plan was built for)");
      }
    }
    throw new SlipwayException(
        "inputs: " + tensors + " (expected: all within one of the plan's profiles " + profiles + ")");
  }
}
