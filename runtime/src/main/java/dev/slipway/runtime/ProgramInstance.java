package dev.slipway.runtime;

import dev.slipway.backend.Backend;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.graph.Graph;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;

/** A program with memory: the workspace, outputs, and the arguments of every kernel. For one thread at a time. */
final class ProgramInstance {

  private static final Kernel COPY = arguments -> arguments.output().copyFrom(arguments.input(0));

  private final Program program;
  private final ConstantMemory constants;
  private final BiFunction<Graph, List<Datum>, List<Datum>> subgraphs;
  private final RandomGenerator random;
  private final Arena arena = Arena.ofShared();
  private final Optional<PinnedMemory> pinned;
  private final MemorySegment workspace;
  private final MemorySegment[] inputs;
  private final MemorySegment[] staging;
  private final MemorySegment[] pinnedStaging;
  private final MemorySegment[] outputs;
  private final MemorySegment[] ownOutputs;
  private final Datum[] slots;
  /** For each step its kernel, and what it runs on; null where the step is evaluated. */
  private final Kernel[] kernels;

  private final KernelArguments[] arguments;
  private final Backend backend;
  /** For each group of the program what runs one of its parts. */
  private final List<IntConsumer> parts = new ArrayList<>();
  private final List<Binding> bindings = new ArrayList<>();
  private final Optional<DeviceProgram> device;
  /** What the steps do; made when it is first asked for. */
  private List<StepWork> work = List.of();
  private long lastUse;

  /** A kernel argument in memory that the caller may change. */
  private record Binding(int step, int port, boolean output, Operand.Memory operand) {}

  ProgramInstance(
      Program program,
      Backend backend,
      ConstantMemory constants,
      Optional<PinnedMemory> pinned,
      BiFunction<Graph, List<Datum>, List<Datum>> subgraphs,
      RandomGenerator random) {
    this.program = program;
    this.backend = backend;
    this.constants = constants;
    this.pinned = pinned;
    this.subgraphs = subgraphs;
    this.random = random;
    this.workspace = arena.allocate(Math.max(hostWorkspaceBytes(program, pinned.isPresent()), 1), Tensor.ALIGNMENT);
    this.inputs = new MemorySegment[program.inputs().size()];
    this.staging = new MemorySegment[inputs.length];
    this.pinnedStaging = new MemorySegment[inputs.length];
    this.outputs = new MemorySegment[program.outputs().size()];
    this.ownOutputs = new MemorySegment[outputs.length];
    this.slots = new Datum[program.slots()];
    this.kernels = new Kernel[program.steps().size()];
    this.arguments = new KernelArguments[kernels.length];
    for (int i = 0; i < outputs.length; i++) {
      if (program.ownOutputs()[i] > 0) {
        long bytes = program.ownOutputs()[i];
        ownOutputs[i] =
            pinned.isPresent() ? pinned.get().allocate(bytes) : arena.allocate(bytes, Tensor.ALIGNMENT);
        outputs[i] = ownOutputs[i];
      }
    }
    this.device = pinned.map(memory -> new DeviceProgram(program, memory.queue(), constants, new DeviceHost(memory)));
    if (device.isPresent()) {
      return;
    }
    for (int i = 0; i < arguments.length; i++) {
      Step step = program.steps().get(i);
      if (step instanceof Step.Launch launch) {
        kernels[i] = launch.kernel();
        arguments[i] = arguments(i, step, launch.workspaceOffset());
      } else if (step instanceof Step.Copy) {
        kernels[i] = COPY;
        arguments[i] = arguments(i, step, 0);
      }
    }
    for (StepGroup group : program.groups()) {
      parts.add(part -> runAll(group.parts().get(part)));
    }
  }

  /** What the steps on a device use is there; the host needs the same places for its own steps and for outputs. */
  private static long hostWorkspaceBytes(Program program, boolean isOnDevice) {
    boolean isUsed = !isOnDevice
        || program.steps().stream().anyMatch(Step.Evaluate.class::isInstance)
        || program.outputs().stream()
            .anyMatch(output -> output instanceof Operand.Memory memory && memory.kind() == Root.Kind.WORKSPACE);
    return isUsed ? program.workspaceBytes() : 0;
  }

  private final class DeviceHost implements DeviceProgram.Host {
    private final PinnedMemory memory;

    DeviceHost(PinnedMemory memory) {
      this.memory = memory;
    }

    @Override
    public MemorySegment memory(Operand.Memory operand) {
      return segment(operand);
    }

    @Override
    public void upload(int input, DeviceBuffer to) {
      MemorySegment from = inputs[input].asSlice(0, to.bytes());
      if (memory.contains(from)) {
        memory.queue().upload(from, to);
        return;
      }
      if (pinnedStaging[input] == null) {
        pinnedStaging[input] = memory.allocate(to.bytes());
      }
      memory.upload(from, pinnedStaging[input], to);
    }

    @Override
    public void evaluate(Step.Evaluate step) {
      ProgramInstance.this.evaluate(step);
    }

    @Override
    public void show(Step step, StepTap tap, Function<Operand.Memory, Tensor> memory) {
      ProgramInstance.this.show(step, tap, memory);
    }
  }

  Program program() {
    return program;
  }

  /** What each step does. */
  List<StepWork> work() {
    if (work.size() < kernels.length) {
      work = program.steps().stream().map(StepWork::of).toList();
    }
    return work;
  }

  private KernelArguments arguments(int index, Step step, long workspaceOffset) {
    MemorySegment[] in = new MemorySegment[step.inputs().size()];
    MemorySegment[] out = new MemorySegment[step.outputs().size()];
    for (int port = 0; port < in.length; port++) {
      in[port] = bound(index, port, false, step.inputs().get(port));
    }
    for (int port = 0; port < out.length; port++) {
      out[port] = bound(index, port, true, step.outputs().get(port));
    }
    return new KernelArguments(in, out, workspace.asSlice(workspaceOffset, kernels[index].workspaceBytes()));
  }

  private MemorySegment bound(int step, int port, boolean output, Operand operand) {
    if (operand instanceof Operand.Absent) {
      return MemorySegment.NULL;
    }
    if (operand instanceof Operand.Constant(Tensor tensor)) {
      return constants.aligned(tensor).data();
    }
    Operand.Memory memory = (Operand.Memory) operand;
    if (memory.kind() != Root.Kind.WORKSPACE) {
      bindings.add(new Binding(step, port, output, memory));
    }
    return memory.kind() == Root.Kind.INPUT ? MemorySegment.NULL : segment(memory);
  }

  private MemorySegment segment(Operand.Memory memory) {
    MemorySegment root = switch (memory.kind()) {
      case WORKSPACE -> workspace;
      case INPUT -> inputs[memory.index()];
      case OUTPUT -> outputs[memory.index()];
    };
    return root.asSlice(memory.offset(), memory.type().bytes());
  }

  /**
   * Runs the program.
   *
   * @param values one for each input, of the program's types
   * @param targets memory for outputs by position, null where the instance's own serves
   */
  void run(List<? extends Datum> values, MemorySegment[] targets) {
    bindInputs(values);
    bindOutputs(targets);
    if (device.isPresent()) {
      device.get().run();
      return;
    }
    runSteps();
  }

  private void runSteps() {
    int next = 0;
    for (int i = 0; i < parts.size(); i++) {
      StepGroup group = program.groups().get(i);
      run(next, group.first());
      backend.runTogether(group.parts().size(), parts.get(i));
      next = group.end();
    }
    run(next, kernels.length);
  }

  private void run(int first, int end) {
    for (int i = first; i < end; i++) {
      run(i);
    }
  }

  private void runAll(int[] steps) {
    for (int step : steps) {
      run(step);
    }
  }

  /** Runs the program into memory of its own and shows what each step computes. */
  void runTapped(List<? extends Datum> values, StepTap tap) {
    bindInputs(values);
    bindOutputs(new MemorySegment[outputs.length]);
    if (device.isPresent()) {
      device.get().runTapped(tap);
      return;
    }
    for (int i = 0; i < kernels.length; i++) {
      run(i);
      show(program.steps().get(i), tap, memory -> new Tensor(memory.type(), segment(memory)));
    }
  }

  /** Shows the outputs of a step; copies are parts of what their node makes. */
  private void show(Step step, StepTap tap, Function<Operand.Memory, Tensor> memory) {
    if (step instanceof Step.Copy) {
      return;
    }
    List<Optional<Datum>> shown = new ArrayList<>(step.outputs().size());
    for (Operand output : step.outputs()) {
      shown.add(switch (output) {
        case Operand.Absent _ -> Optional.empty();
        case Operand.Memory place -> Optional.of(memory.apply(place));
        case Operand.Constant _, Operand.Slot _ -> Optional.of(datum(output));
      });
    }
    tap.step(step.name(), shown);
  }

  /** Nanoseconds of runs on the inputs of the last one, which stay where they are. */
  long[] residentRuns(int runs) {
    long[] nanos = new long[runs];
    for (int run = 0; run < runs; run++) {
      long start = System.nanoTime();
      if (device.isPresent()) {
        device.get().runResident();
      } else {
        runSteps();
      }
      nanos[run] = System.nanoTime() - start;
    }
    return nanos;
  }

  /** Runs the program and tells the observer; a step begins where the one before has ended. */
  void runObserved(List<? extends Datum> values, MemorySegment[] targets, RunObserver observer) {
    bindInputs(values);
    bindOutputs(targets);
    if (device.isPresent()) {
      device.get().runObserved(observer);
      return;
    }
    long start = System.nanoTime();
    for (int i = 0; i < kernels.length; i++) {
      run(i);
      long end = System.nanoTime();
      observer.step(i, start, end);
      start = end;
    }
  }

  private void run(int step) {
    if (kernels[step] != null) {
      kernels[step].run(arguments[step]);
    } else {
      evaluate((Step.Evaluate) program.steps().get(step));
    }
  }

  private void bindInputs(List<? extends Datum> values) {
    int slot = 0;
    boolean changed = false;
    for (int i = 0; i < inputs.length; i++) {
      if (!(values.get(i) instanceof Tensor tensor)) {
        slots[slot++] = values.get(i);
        continue;
      }
      MemorySegment data = nativeMemory(i, tensor);
      changed |= inputs[i] != data;
      inputs[i] = data;
    }
    if (changed) {
      for (Binding binding : bindings) {
        if (binding.operand().kind() == Root.Kind.INPUT) {
          arguments[binding.step()].bindInput(binding.port(), segment(binding.operand()));
        }
      }
    }
  }

  /** The tensor's own memory where kernels can use it, else a copy. */
  private MemorySegment nativeMemory(int input, Tensor tensor) {
    MemorySegment data = tensor.data();
    if (!data.scope().isAlive()) {
      throw new IllegalStateException("input " + input + ": its memory is closed");
    }
    if (data.isNative() && data.address() % tensor.dtype().bytes(1) == 0) {
      return data;
    }
    if (staging[input] == null) {
      staging[input] = arena.allocate(Math.max(tensor.type().bytes(), 1), Tensor.ALIGNMENT);
    }
    MemorySegment.copy(data, 0, staging[input], 0, tensor.type().bytes());
    return staging[input];
  }

  private void bindOutputs(MemorySegment[] targets) {
    boolean changed = false;
    for (int i = 0; i < outputs.length; i++) {
      if (ownOutputs[i] != null) {
        MemorySegment target = isUsable(targets[i]) ? targets[i] : ownOutputs[i];
        changed |= outputs[i] != target;
        outputs[i] = target;
      }
    }
    if (!changed) {
      return;
    }
    for (Binding binding : bindings) {
      if (binding.operand().kind() == Root.Kind.OUTPUT) {
        MemorySegment segment = segment(binding.operand());
        if (binding.output()) {
          arguments[binding.step()].bindOutput(binding.port(), segment);
        } else {
          arguments[binding.step()].bindInput(binding.port(), segment);
        }
      }
    }
  }

  /** A device writes at full speed to some memory only; results are copied from there to all other. */
  private boolean isUsable(MemorySegment target) {
    return target != null && (pinned.isEmpty() || pinned.get().contains(target));
  }

  /** When it was last used, in the context's count. */
  long lastUse() {
    return lastUse;
  }

  void use(long count) {
    lastUse = count;
  }

  /** Frees its memory on both sides. */
  void close() {
    device.ifPresent(DeviceProgram::close);
    pinned.ifPresent(memory -> {
      free(memory, ownOutputs);
      free(memory, pinnedStaging);
    });
    arena.close();
  }

  private static void free(PinnedMemory memory, MemorySegment[] segments) {
    for (MemorySegment segment : segments) {
      if (segment != null) {
        memory.free(segment);
      }
    }
  }

  /** Output {@code index} of the last run; valid until the next one. */
  Datum output(int index) {
    return datum(program.outputs().get(index));
  }

  /** Whether the last run wrote output {@code index} to this memory, which the caller gave for it. */
  boolean hasWritten(int index, MemorySegment target) {
    return ownOutputs[index] != null && outputs[index] == target;
  }

  private Datum datum(Operand operand) {
    return switch (operand) {
      case Operand.Absent absent -> throw new SlipwayException("input: missing (expected: a value)");
      case Operand.Constant(Tensor tensor) -> tensor;
      case Operand.Slot(int index) -> slots[index];
      case Operand.Memory memory -> new Tensor(memory.type(), segment(memory));
    };
  }

  private void evaluate(Step.Evaluate step) {
    try {
      step.op().evaluate(new StepEvaluation(step, new Places(), subgraphs, random));
    } catch (SlipwayException e) {
      throw new SlipwayException(
          "node " + step.name() + " (" + step.op().schema().qualifiedName() + "): " + e.getMessage(), e);
    }
  }

  private final class Places implements StepEvaluation.Values {
    @Override
    public Datum get(Operand operand) {
      return datum(operand);
    }

    @Override
    public Tensor tensor(Operand.Memory operand) {
      return new Tensor(operand.type(), segment(operand));
    }

    @Override
    public void put(Operand.Slot slot, Datum value) {
      slots[slot.index()] = value;
    }
  }
}
