package dev.slipway.runtime;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * Runs an engine, with a workspace of its own. For one thread at a time: a second thread that enters gets an
 * {@link IllegalStateException}. Runs of static shapes allocate nothing but the map of results.
 */
public final class ExecutionContext implements AutoCloseable {
  private final Engine engine;
  private final Arena arena = Arena.ofShared();
  private final RandomGenerator random = new SplittableRandom();
  private final Map<Program, ProgramInstance> instances = new HashMap<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private List<ValueType> lastTypes = List.of();
  private ProgramInstance last;
  private boolean closed;

  ExecutionContext(Engine engine) {
    this.engine = engine;
  }

  /**
   * Runs the engine.
   *
   * @param inputs by name; their memory is read, not kept
   * @return the outputs by name, in memory of this context: valid until the next run or {@link #close()}
   * @throws SlipwayException for inputs that the engine does not take; the message gives what it takes
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return run(inputs, Map.of());
  }

  /**
   * Runs the engine with outputs in memory that the caller supplies.
   *
   * @param outputs tensors of the outputs' types for some of the outputs
   * @return all outputs by name; those that were supplied are the caller's tensors
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    Map<String, Tensor> results = new LinkedHashMap<>();
    runAny(inputs, outputs, null).forEach((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        throw new SlipwayException("output " + name + ": " + value.type() + " (expected: a tensor; use runAny)");
      }
      results.put(name, tensor);
    });
    return results;
  }

  /** Runs an engine whose inputs or outputs may be sequences or optionals. */
  public Map<String, Datum> runAny(Map<String, ? extends Datum> inputs) {
    return runAny(inputs, Map.of(), null);
  }

  /** Runs the engine and gives the time of each step in nanoseconds, by the name of its node, in order. */
  public List<StepTime> profile(Map<String, Tensor> inputs) {
    List<Step> steps = new ArrayList<>();
    List<Long> nanos = new ArrayList<>();
    runAny(inputs, Map.of(), (index, step, time) -> {
      steps.add(step);
      nanos.add(time);
    });
    List<StepTime> times = new ArrayList<>();
    for (int i = 0; i < nanos.size(); i++) {
      times.add(StepTime.of(steps.get(i), nanos.get(i)));
    }
    return times;
  }

  private Map<String, Datum> runAny(
      Map<String, ? extends Datum> inputs, Map<String, Tensor> outputs, ProgramInstance.StepTimer timer) {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("execution context: in use by another thread (expected: one thread at a time)");
    }
    try {
      if (closed) {
        throw new IllegalStateException("execution context is closed");
      }
      engine.enter();
      try {
        return runLocked(inputs, outputs, timer);
      } finally {
        engine.exit();
      }
    } finally {
      busy.set(false);
    }
  }

  private Map<String, Datum> runLocked(
      Map<String, ? extends Datum> inputs, Map<String, Tensor> outputs, ProgramInstance.StepTimer timer) {
    ProgramInstance instance = instance(inputs);
    Program program = instance.program();
    Graph graph = engine.graph();
    List<Datum> values = new ArrayList<>(graph.inputs().size());
    graph.inputs().forEach(id -> values.add(inputs.get(graph.value(id).name())));
    MemorySegment[] targets = new MemorySegment[program.outputs().size()];
    for (int i = 0; i < targets.length; i++) {
      Tensor target = outputs.get(program.outputNames().get(i));
      if (target != null) {
        targets[i] = target(program, i, target);
      }
    }
    requireKnown(outputs.keySet(), program.outputNames());
    instance.run(values, targets, timer);
    return results(instance, outputs);
  }

  private ProgramInstance instance(Map<String, ? extends Datum> inputs) {
    Map<String, ValueType> given = new LinkedHashMap<>();
    inputs.forEach((name, value) -> given.put(name, value.type()));
    List<ValueType> types = new ArrayList<>(given.size());
    engine.graph().inputs().forEach(id -> types.add(given.get(engine.graph().value(id).name())));
    if (last != null && types.equals(lastTypes) && given.size() == types.size()) {
      return last;
    }
    lastTypes = engine.check(given);
    last = instance(engine.graph(), lastTypes);
    return last;
  }

  private ProgramInstance instance(Graph graph, List<ValueType> types) {
    return instances.computeIfAbsent(
        engine.program(graph, types),
        program -> new ProgramInstance(program, engine.constants(), arena, this::runSubgraph, random));
  }

  /** Runs the body of a loop or a branch; results are copies. */
  private List<Datum> runSubgraph(Graph subgraph, List<Datum> inputs) {
    ProgramInstance instance = instance(subgraph, inputs.stream().map(Datum::type).toList());
    instance.run(inputs, new MemorySegment[instance.program().outputs().size()], null);
    List<Datum> results = new ArrayList<>();
    for (int i = 0; i < instance.program().outputs().size(); i++) {
      results.add(instance.output(i) instanceof Tensor tensor ? tensor.copy(Arena.ofAuto()) : instance.output(i));
    }
    return results;
  }

  private static MemorySegment target(Program program, int index, Tensor target) {
    if (program.outputs().get(index) instanceof Operand.Memory memory && !memory.type().equals(target.type())) {
      throw new SlipwayException("output " + program.outputNames().get(index) + ": memory for " + target.type()
          + " (expected: " + memory.type() + ")");
    }
    return target.data().isNative() ? target.data() : null;
  }

  private static void requireKnown(Set<String> names, List<String> outputs) {
    for (String name : names) {
      if (!outputs.contains(name)) {
        throw new SlipwayException("output " + name + ": unknown (expected: one of " + outputs + ")");
      }
    }
  }

  private static Map<String, Datum> results(ProgramInstance instance, Map<String, Tensor> targets) {
    Map<String, Datum> results = new LinkedHashMap<>();
    for (int i = 0; i < instance.program().outputs().size(); i++) {
      String name = instance.program().outputNames().get(i);
      Tensor target = targets.get(name);
      if (target == null) {
        results.put(name, instance.output(i));
        continue;
      }
      if (!(instance.writesInPlace(i) && target.data().isNative())) {
        target.copyFrom((Tensor) instance.output(i));
      }
      results.put(name, target);
    }
    return results;
  }

  /** Bytes of the workspaces of all shapes that have run. */
  public long workspaceBytes() {
    return instances.keySet().stream().mapToLong(Program::workspaceBytes).sum();
  }

  /** Frees the workspace and the outputs. Closing again does nothing. */
  @Override
  public void close() {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("execution context: closed while it runs (expected: its run to end first)");
    }
    if (!closed) {
      closed = true;
      arena.close();
    }
    busy.set(false);
  }

  @Override
  public String toString() {
    return "ExecutionContext[" + engine.manifest().model() + ", shapes " + Arrays.toString(lastTypes.toArray()) + "]";
  }
}
