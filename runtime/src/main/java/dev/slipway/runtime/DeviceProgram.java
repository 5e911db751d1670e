package dev.slipway.runtime;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceKernel;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Runs the steps of a program on a device with memory of its own. Steps without a kernel run on the host, on copies;
 * the steps between two of them are recorded with the second run and enqueued as a whole from then on. For one thread
 * at a time.
 */
final class DeviceProgram implements AutoCloseable {

  /** For each step of a stage: one behind it in one run, and as many again as are around the stage at most. */
  private static final int POINTS = 4;

  /** Steps are measured anew after so many runs that are observed. */
  private static final int RUNS_OF_POINTS = 8;

  /** The side of the host: its memory of the same program, and its evaluation of single steps. */
  interface Host {
    MemorySegment memory(Operand.Memory operand);

    /** Enqueues the copy of an input to the device. */
    void upload(int input, DeviceBuffer to);

    void evaluate(Step.Evaluate step);

    /** Shows the outputs of a step with tensors read by the function. */
    void show(Step step, StepTap tap, Function<Operand.Memory, Tensor> memory);
  }

  private final Program program;
  private final DeviceQueue queue;
  private final Host host;
  private final Transfers transfers;
  private final DeviceBuffer workspace;
  private final List<DeviceBuffer> inputs = new ArrayList<>();
  private final List<DeviceBuffer> outputs = new ArrayList<>();
  /** For each step what it enqueues; those of the host enqueue nothing. */
  private final List<Runnable> work = new ArrayList<>();

  private final List<Stage> stages = new ArrayList<>();
  private final List<Copy> uploads;
  private final List<Copy> downloads;
  private Optional<DeviceQueue.Marks> marks = Optional.empty();
  private long observed;

  DeviceProgram(Program program, DeviceQueue queue, ConstantMemory constants, Host host) {
    this.program = program;
    this.queue = queue;
    this.host = host;
    this.transfers = Transfers.of(program);
    this.workspace = queue.allocate(program.workspaceBytes());
    for (int i = 0; i < program.inputs().size(); i++) {
      inputs.add(program.inputs().get(i) instanceof TensorType type ? queue.allocate(type.bytes()) : DeviceBuffer.NONE);
    }
    for (long bytes : program.ownOutputs()) {
      outputs.add(queue.allocate(bytes));
    }
    this.uploads = uploads();
    this.downloads = downloads(transfers.downloadedOutputs());
    for (Step step : program.steps()) {
      work.add(work(step, constants));
    }
    int first = 0;
    for (int i = 0; i <= work.size(); i++) {
      if (i == work.size() || program.steps().get(i) instanceof Step.Evaluate) {
        if (i > first) {
          stages.add(new DeviceStage(first, i));
        }
        if (i < work.size()) {
          stages.add(new HostStage(i));
        }
        first = i + 1;
      }
    }
  }

  private Runnable work(Step step, ConstantMemory constants) {
    return switch (step) {
      case Step.Launch launch -> {
        DeviceKernel kernel = (DeviceKernel) launch.kernel();
        DeviceArguments arguments = arguments(launch, kernel, constants);
        yield () -> kernel.enqueue(queue, arguments);
      }
      case Step.Copy(var name, var from, var to) -> {
        DeviceBuffer source = buffer(from);
        DeviceBuffer target = buffer(to);
        yield () -> queue.copy(source, target);
      }
      case Step.Evaluate evaluate -> () -> {};
    };
  }

  private DeviceArguments arguments(Step.Launch launch, DeviceKernel kernel, ConstantMemory constants) {
    List<DeviceBuffer> in = new ArrayList<>();
    for (int port = 0; port < launch.inputs().size(); port++) {
      in.add(switch (launch.inputs().get(port)) {
        case Operand.Constant(Tensor tensor) -> kernel.reads(port) ? constants.onDevice(tensor) : DeviceBuffer.NONE;
        case Operand.Memory memory -> buffer(memory);
        case Operand.Absent absent -> DeviceBuffer.NONE;
        case Operand.Slot slot -> throw new IllegalStateException("kernel of " + launch.name() + ": dynamic input");
      });
    }
    List<DeviceBuffer> out = new ArrayList<>();
    for (Operand operand : launch.outputs()) {
      out.add(operand instanceof Operand.Memory memory ? buffer(memory) : DeviceBuffer.NONE);
    }
    return new DeviceArguments(in, out, workspace.slice(launch.workspaceOffset(), kernel.workspaceBytes()));
  }

  private DeviceBuffer buffer(Operand.Memory operand) {
    DeviceBuffer root = switch (operand.kind()) {
      case WORKSPACE -> workspace;
      case INPUT -> inputs.get(operand.index());
      case OUTPUT -> outputs.get(operand.index());
    };
    return root.slice(operand.offset(), operand.type().bytes());
  }

  /** Runs on the inputs that the host has; the outputs are in its memory afterwards. */
  void run() {
    uploadInputs();
    stages.forEach(Stage::run);
    download(downloads);
  }

  /** Runs on the inputs that the device has, and waits; the outputs stay there. */
  void runResident() {
    stages.forEach(Stage::run);
    queue.synchronize();
  }

  /**
   * Runs like {@link #run}; steps and copies have the times that they have on the device, where they run there. A point
   * between two steps takes about as long as a short step does, so the run that is told has none there: how long each
   * step takes is from another run, now and then, less what its points take, which both runs together tell.
   */
  void runObserved(RunObserver observer) {
    long before = System.nanoTime();
    if (marks.isEmpty()) {
      run();
      run();
      marks = Optional.of(queue.newMarks(1 + 2 * (uploads.size() + downloads.size()) + POINTS * work.size()));
    }
    if (observed++ % RUNS_OF_POINTS == 0) {
      measureSteps();
    }
    observer.outside(System.nanoTime() - before);
    Timeline timeline = new Timeline(marks.get(), observer);
    for (Copy upload : uploads) {
      timeline.copy(true, upload);
    }
    stages.forEach(stage -> stage.runTimed(timeline));
    for (Copy download : downloads) {
      timeline.copy(false, download);
    }
    queue.synchronize();
    long end = System.nanoTime();
    timeline.tell();
    observer.outside(System.nanoTime() - end);
  }

  /** A run with a point behind each step. */
  private void measureSteps() {
    uploadInputs();
    stages.forEach(Stage::runWithPoints);
    download(downloads);
    stages.forEach(Stage::readPoints);
  }

  /** The times of one run: points on the device, and what the host measured of its own steps. */
  private final class Timeline {
    private final DeviceQueue.Marks marks;
    private final RunObserver observer;
    private final List<Runnable> events = new ArrayList<>();
    private final long origin;
    private int used = 1;

    /** The queue has nothing to do, so that its first point is passed at once. */
    Timeline(DeviceQueue.Marks marks, RunObserver observer) {
      this.marks = marks;
      this.observer = observer;
      marks.set(0);
      this.origin = System.nanoTime();
    }

    void copy(boolean toDevice, Copy copy) {
      int begin = used++;
      int end = used++;
      marks.set(begin);
      copy.run();
      marks.set(end);
      events.add(() -> observer.copy(toDevice, copy.bytes(), at(begin), at(end)));
    }

    /**
     * Steps whose recording sets a point before the first and one behind the last.
     *
     * @param nanos of each with a point behind it
     */
    void recorded(int step, long[] nanos, DeviceQueue.Recording recording, int firstMark) {
      recording.enqueue();
      events.add(() -> {
        long start = at(firstMark);
        long point = (Arrays.stream(nanos).sum() - marks.nanos(firstMark, firstMark + 1)) / nanos.length;
        for (int i = 0; i < nanos.length; i++) {
          long end = start + Math.max(0, nanos[i] - point);
          observer.step(step + i, start, end);
          start = end;
        }
      });
    }

    void onHost(int step, Runnable run) {
      queue.synchronize();
      long start = System.nanoTime();
      run.run();
      long end = System.nanoTime();
      events.add(() -> observer.step(step, start, end));
    }

    private long at(int mark) {
      return origin + marks.nanos(0, mark);
    }

    void tell() {
      events.forEach(Runnable::run);
    }
  }

  /** A copy between the host and the device, which {@code run} enqueues. */
  private record Copy(long bytes, Runnable work) implements Runnable {
    @Override
    public void run() {
      work.run();
    }
  }

  private List<Copy> uploads() {
    List<Copy> copies = new ArrayList<>();
    for (int input : transfers.uploadedInputs()) {
      TensorType type = (TensorType) program.inputs().get(input);
      copies.add(new Copy(type.bytes(), () -> host.upload(input, inputs.get(input))));
    }
    return copies;
  }

  private List<Copy> downloads(List<Operand.Memory> operands) {
    List<Copy> copies = new ArrayList<>();
    for (Operand.Memory operand : operands) {
      copies.add(new Copy(operand.type().bytes(), () -> queue.download(buffer(operand), host.memory(operand))));
    }
    return copies;
  }

  /** Runs step by step and shows what each computes. */
  void runTapped(StepTap tap) {
    uploadInputs();
    for (Stage stage : stages) {
      stage.runTapped(tap);
    }
    download(downloads);
  }

  /** A copy of what the device has there. */
  private Tensor download(Operand.Memory operand) {
    MemorySegment copy = Arena.ofAuto().allocate(Math.max(operand.type().bytes(), 1), Tensor.ALIGNMENT)
        .asSlice(0, operand.type().bytes());
    queue.download(buffer(operand), copy);
    queue.synchronize();
    return new Tensor(operand.type(), copy);
  }

  private void uploadInputs() {
    uploads.forEach(Copy::run);
  }

  private void download(List<Copy> copies) {
    copies.forEach(Copy::run);
    queue.synchronize();
  }

  /** Frees what belongs to this program alone. */
  @Override
  public void close() {
    stages.forEach(Stage::close);
    marks.ifPresent(DeviceQueue.Marks::close);
    queue.free(workspace);
    inputs.forEach(queue::free);
    outputs.forEach(queue::free);
  }

  /** Consecutive steps on one side. */
  private sealed interface Stage {
    int first();

    void run();

    void runTimed(Timeline timeline);

    /** Runs with a point behind each step, where it has steps on the device. */
    void runWithPoints();

    /** Reads what {@link #runWithPoints} has passed. */
    default void readPoints() {}

    void runTapped(StepTap tap);

    default void close() {}
  }

  private final class DeviceStage implements Stage {
    private final int first;
    private final List<Runnable> steps;
    private boolean hasRun;
    private Optional<DeviceQueue.Recording> recording = Optional.empty();
    private Optional<DeviceQueue.Recording> timed = Optional.empty();
    private Optional<DeviceQueue.Recording> points = Optional.empty();
    private final long[] nanos;

    DeviceStage(int first, int end) {
      this.first = first;
      this.steps = work.subList(first, end);
      this.nanos = new long[steps.size()];
    }

    @Override
    public int first() {
      return first;
    }

    /**
     * The first run is not recorded: libraries load code then. It waits for each step, and so knows which one fails.
     */
    @Override
    public void run() {
      if (!hasRun) {
        for (int i = 0; i < steps.size(); i++) {
          runAlone(i);
        }
        hasRun = true;
        return;
      }
      if (recording.isEmpty()) {
        recording = Optional.of(queue.record(() -> steps.forEach(Runnable::run)));
      }
      recording.get().enqueue();
    }

    private void runAlone(int step) {
      try {
        steps.get(step).run();
        queue.synchronize();
      } catch (SlipwayException e) {
        throw new SlipwayException("node " + program.steps().get(first + step).name() + ": " + e.getMessage(), e);
      }
    }

    /** Behind the points of copies and of stages before this one; two of the whole stage come first. */
    private int firstMark() {
      return 1 + 2 * (uploads.size() + downloads.size()) + POINTS * first;
    }

    @Override
    public void runTimed(Timeline timeline) {
      if (timed.isEmpty()) {
        timed = Optional.of(queue.record(() -> {
          marks.orElseThrow().set(firstMark());
          steps.forEach(Runnable::run);
          marks.orElseThrow().set(firstMark() + 1);
        }));
      }
      timeline.recorded(first, nanos, timed.get(), firstMark());
    }

    @Override
    public void runWithPoints() {
      if (points.isEmpty()) {
        points = Optional.of(queue.record(() -> {
          marks.orElseThrow().set(firstMark() + 2);
          for (int i = 0; i < steps.size(); i++) {
            steps.get(i).run();
            marks.orElseThrow().set(firstMark() + i + 3);
          }
        }));
      }
      points.get().enqueue();
    }

    @Override
    public void readPoints() {
      for (int i = 0; i < nanos.length; i++) {
        nanos[i] = marks.orElseThrow().nanos(firstMark() + i + 2, firstMark() + i + 3);
      }
    }

    @Override
    public void runTapped(StepTap tap) {
      for (int i = 0; i < steps.size(); i++) {
        steps.get(i).run();
        host.show(program.steps().get(first + i), tap, DeviceProgram.this::download);
      }
    }

    @Override
    public void close() {
      recording.ifPresent(DeviceQueue.Recording::close);
      timed.ifPresent(DeviceQueue.Recording::close);
      points.ifPresent(DeviceQueue.Recording::close);
    }
  }

  private final class HostStage implements Stage {
    private final int step;
    private final List<Copy> fetched;

    HostStage(int step) {
      this.step = step;
      this.fetched = downloads(transfers.before(step));
    }

    @Override
    public int first() {
      return step;
    }

    @Override
    public void run() {
      download(fetched);
      host.evaluate((Step.Evaluate) program.steps().get(step));
      for (Operand.Memory operand : transfers.after(step)) {
        queue.upload(host.memory(operand), buffer(operand));
      }
      queue.synchronize();
    }

    @Override
    public void runTimed(Timeline timeline) {
      timeline.onHost(step, this::run);
    }

    @Override
    public void runWithPoints() {
      run();
    }

    @Override
    public void runTapped(StepTap tap) {
      run();
      host.show(program.steps().get(step), tap, operand -> new Tensor(operand.type(), host.memory(operand)));
    }
  }
}
