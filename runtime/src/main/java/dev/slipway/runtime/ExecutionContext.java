package dev.slipway.runtime;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import jdk.jfr.FlightRecorder;

/**
 * Runs an engine, with a workspace of its own. For one thread at a time: a second thread that enters gets an
 * {@link IllegalStateException}. Runs of static shapes allocate nothing but the map of results.
 */
public final class ExecutionContext implements AutoCloseable {
  /** Memory and recordings for so many shapes are kept, of the engine's graph and of subgraphs. */
  private static final int KEPT_INSTANCES = 32;

  private final Engine engine;
  private final Arena arena = Arena.ofShared();
  private final Optional<PinnedMemory> pinned;
  private final RandomGenerator random = new SplittableRandom();
  private final List<String> inputNames;
  private final Map<Program, ProgramInstance> instances = new IdentityHashMap<>();
  /** What runs, besides the last one of the engine's graph. */
  private final List<ProgramInstance> runningSubgraphs = new ArrayList<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private List<ValueType> lastTypes = List.of();
  private ProgramInstance last;
  private long uses;
  private boolean closed;

  ExecutionContext(Engine engine) {
    this.engine = engine;
    this.pinned = engine.backend().newQueue().map(PinnedMemory::new);
    this.inputNames = List.copyOf(engine.inputs().keySet());
  }

  /**
   * A tensor, zeroed, that runs of this context read or write in place: on a device with memory of its own, memory that
   * it copies from and to at full speed and while the host goes on; what lies elsewhere is copied there first. It lives
   * until {@link #close()}.
   */
  public Tensor allocate(TensorType type) {
    return locked(() -> {
      if (pinned.isEmpty()) {
        return Tensor.allocate(arena, type);
      }
      return new Tensor(type, pinned.get().allocate(type.bytes()).fill((byte) 0));
    });
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
    return tensors(runAny(inputs, outputs));
  }

  private static Map<String, Tensor> tensors(Map<String, Datum> results) {
    for (Map.Entry<String, Datum> result : results.entrySet()) {
      if (!(result.getValue() instanceof Tensor)) {
        throw new SlipwayException(
            "output " + result.getKey() + ": " + result.getValue().type() + " (expected: a tensor; use runAny)");
      }
    }
    @SuppressWarnings("unchecked") // the loop above has looked at every value
    Map<String, Tensor> tensors = (Map<String, Tensor>) (Map<String, ? extends Datum>) results;
    return tensors;
  }

  /** Runs an engine whose inputs or outputs may be sequences or optionals. */
  public Map<String, Datum> runAny(Map<String, ? extends Datum> inputs) {
    return runAny(inputs, Map.of());
  }

  /** Runs the engine and gives the time of each step, in order. */
  public List<StepTime> profile(Map<String, ? extends Datum> inputs) {
    return timedRun(inputs).steps();
  }

  /** Runs the engine and gives the times of the run, its steps, and its copies between the host and a device. */
  public RunTime timedRun(Map<String, ? extends Datum> inputs) {
    RunClock clock = new RunClock(last == null ? 0 : last.program().steps().size());
    return locked(() -> {
      runLocked(inputs, Map.of(), (instance, values, targets) -> instance.runObserved(values, targets, clock));
      return clock.read(last.work());
    });
  }

  /**
   * Runs the engine and shows what each step computes. Nothing is fused or planned otherwise for it: outputs have the
   * same bits as those of {@link #run}. Steps inside of loops and parts of concatenations are not shown.
   *
   * @return the outputs by name, as {@link #run} gives them
   */
  public Map<String, Tensor> runTapped(Map<String, Tensor> inputs, StepTap tap) {
    return tensors(locked(() -> {
      ProgramInstance instance = instance(inputs);
      instance.runTapped(values(inputs), tap);
      return results(instance, Map.of());
    }));
  }

  /**
   * Runs the engine again and again with the inputs where it has them: on a device without copies from and to the host.
   *
   * @return nanoseconds from the start of each run to the end of its work
   */
  public long[] residentRuns(Map<String, Tensor> inputs, int runs) {
    run(inputs);
    return locked(() -> instance(inputs).residentRuns(runs));
  }

  private Map<String, Datum> runAny(Map<String, ? extends Datum> inputs, Map<String, Tensor> outputs) {
    if (FlightRecorder.isInitialized()) {
      return recordedRun(inputs, outputs);
    }
    return locked(() -> runLocked(inputs, outputs, ProgramInstance::run));
  }

  /** A run while a flight recording may want its events; classes of events are not loaded before. */
  private Map<String, Datum> recordedRun(Map<String, ? extends Datum> inputs, Map<String, Tensor> outputs) {
    RunEvent event = new RunEvent();
    event.begin();
    try {
      return locked(() -> runLocked(
          inputs, outputs, FlightSteps.areEnabled() ? ExecutionContext::runRecordingSteps : ProgramInstance::run));
    } finally {
      event.end();
      if (event.shouldCommit()) {
        event.model = engine.manifest().model();
        event.shapes = lastTypes.toString();
        event.commit();
      }
    }
  }

  private static void runRecordingSteps(ProgramInstance instance, List<Datum> values, MemorySegment[] targets) {
    instance.runObserved(values, targets, new FlightSteps(instance.work()));
  }

  /** A way to run a program. */
  @FunctionalInterface
  private interface Execution {
    void run(ProgramInstance instance, List<Datum> values, MemorySegment[] targets);
  }

  /** Keeps other threads out and the engine open. */
  private <T> T locked(Supplier<T> work) {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("execution context: in use by another thread (expected: one thread at a time)");
    }
    try {
      if (closed) {
        throw new IllegalStateException("execution context is closed");
      }
      engine.enter();
      engine.backend().beginRun();
      try {
        return work.get();
      } finally {
        engine.backend().endRun();
        engine.exit();
      }
    } finally {
      busy.set(false);
    }
  }

  private Map<String, Datum> runLocked(
      Map<String, ? extends Datum> inputs, Map<String, Tensor> outputs, Execution execution) {
    ProgramInstance instance = instance(inputs);
    Program program = instance.program();
    MemorySegment[] targets = new MemorySegment[program.outputs().size()];
    for (int i = 0; i < targets.length; i++) {
      Tensor target = outputs.get(program.outputNames().get(i));
      if (target != null) {
        targets[i] = target(program, i, target);
      }
    }
    requireKnown(outputs.keySet(), program.outputNames());
    execution.run(instance, values(inputs), targets);
    return results(instance, outputs);
  }

  /** In the order of the engine's inputs. */
  private List<Datum> values(Map<String, ? extends Datum> inputs) {
    List<Datum> values = new ArrayList<>(inputNames.size());
    for (String name : inputNames) {
      values.add(inputs.get(name));
    }
    return values;
  }

  private ProgramInstance instance(Map<String, ? extends Datum> inputs) {
    if (last != null && isOfLastTypes(inputs)) {
      return last;
    }
    Map<String, ValueType> given = new LinkedHashMap<>();
    for (Map.Entry<String, ? extends Datum> input : inputs.entrySet()) {
      given.put(input.getKey(), input.getValue().type());
    }
    lastTypes = engine.check(given);
    last = instance(engine.graph(), lastTypes);
    return last;
  }

  private boolean isOfLastTypes(Map<String, ? extends Datum> inputs) {
    if (inputs.size() != inputNames.size()) {
      return false;
    }
    for (int i = 0; i < inputNames.size(); i++) {
      Datum value = inputs.get(inputNames.get(i));
      if (value == null || !value.type().equals(lastTypes.get(i))) {
        return false;
      }
    }
    return true;
  }

  private ProgramInstance instance(Graph graph, List<ValueType> types) {
    Program program = engine.program(graph, types);
    ProgramInstance instance = instances.get(program);
    if (instance == null) {
      if (instances.size() >= KEPT_INSTANCES) {
        closeLeastRecentlyUsed();
      }
      instance = new ProgramInstance(program, engine.backend(), engine.constants(), pinned, this::runSubgraph, random);
      instances.put(program, instance);
    }
    instance.use(++uses);
    return instance;
  }

  private void closeLeastRecentlyUsed() {
    instances.values().stream()
        .filter(instance -> instance != last && !runningSubgraphs.contains(instance))
        .min(Comparator.comparingLong(ProgramInstance::lastUse))
        .ifPresent(instance -> {
          instances.remove(instance.program());
          instance.close();
        });
  }

  /** Runs the body of a loop or a branch; results are copies. */
  private List<Datum> runSubgraph(Graph subgraph, List<Datum> inputs) {
    ProgramInstance instance = instance(subgraph, inputs.stream().map(Datum::type).toList());
    runningSubgraphs.add(instance);
    try {
      instance.run(inputs, new MemorySegment[instance.program().outputs().size()]);
      List<Datum> results = new ArrayList<>();
      for (int i = 0; i < instance.program().outputs().size(); i++) {
        results.add(instance.output(i) instanceof Tensor tensor ? tensor.copy(Arena.ofAuto()) : instance.output(i));
      }
      return results;
    } finally {
      runningSubgraphs.removeLast();
    }
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
      if (!instance.hasWritten(i, target.data())) {
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
      instances.values().forEach(ProgramInstance::close);
      pinned.ifPresent(memory -> memory.queue().close());
      arena.close();
    }
    busy.set(false);
  }

  @Override
  public String toString() {
    return "ExecutionContext[" + engine.manifest().model() + ", shapes " + Arrays.toString(lastTypes.toArray()) + "]";
  }
}
