package dev.slipway.runtime;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceKernel;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Interpreter;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A device whose memory lies in the host's; counts what is copied and what stays open. */
final class FakeDevice implements Backend {
  final List<String> log = new ArrayList<>();
  int openQueues;
  int openRecordings;
  /** On both sides; the rest of a queue's go with it. */
  int openAllocations;
  private final Set<String> operators;

  /** @param operators those that it has kernels for */
  FakeDevice(Set<String> operators) {
    this.operators = operators;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public Device device() {
    return new Device("fake", 0, "fake", "fake");
  }

  @Override
  public List<Tactic> tactics() {
    return List.of(new Evaluating());
  }

  @Override
  public Optional<DeviceQueue> newQueue() {
    openQueues++;
    return Optional.of(new Queue());
  }

  @Override
  public void close() {}

  /** Evaluates on the "device". */
  private final class Evaluating implements Tactic {
    @Override
    public TacticId id() {
      return new TacticId("fake.evaluate", 1);
    }

    @Override
    public Support supports(KernelRequest request) {
      return operators.contains(request.op().schema().name())
          ? new Support.Supported(1)
          : new Support.Unsupported("operator " + request.op().schema().name());
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      return new EvaluatingKernel(request);
    }
  }

  private final class EvaluatingKernel implements DeviceKernel {
    private final KernelRequest request;

    EvaluatingKernel(KernelRequest request) {
      this.request = request;
    }

    @Override
    public DeviceQueue newQueue() {
      return FakeDevice.this.newQueue().orElseThrow();
    }

    @Override
    public void enqueue(DeviceQueue queue, DeviceArguments arguments) {
      ((Queue) queue).submit(() -> {
        List<Optional<Datum>> inputs = new ArrayList<>();
        for (int port = 0; port < request.inputs().size(); port++) {
          inputs.add(request.has(port)
              ? Optional.of(new Tensor(request.input(port), memory(arguments.input(port))))
              : Optional.empty());
        }
        Datum result =
            new Interpreter().evaluate("kernel", request.op(), inputs, List.of(true)).getFirst().orElseThrow();
        memory(arguments.output()).copyFrom(((Tensor) result).data());
      });
    }
  }

  @SuppressWarnings("restricted")
  private static MemorySegment memory(DeviceBuffer buffer) {
    return MemorySegment.ofAddress(buffer.address()).reinterpret(buffer.bytes());
  }

  private final class Queue implements DeviceQueue {
    private final Arena arena = Arena.ofShared();
    private Optional<List<Runnable>> recorded = Optional.empty();

    void submit(Runnable work) {
      if (recorded.isPresent()) {
        recorded.get().add(work);
      } else {
        work.run();
      }
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
      openAllocations++;
      MemorySegment segment = arena.allocate(Math.max(bytes, 1), 256);
      return new DeviceBuffer(segment.address(), bytes);
    }

    @Override
    public MemorySegment allocateHost(long bytes) {
      openAllocations++;
      return arena.allocate(bytes, 64);
    }

    @Override
    public void upload(MemorySegment from, DeviceBuffer to) {
      log.add("upload " + to.bytes());
      submit(() -> memory(to).copyFrom(from));
    }

    @Override
    public void download(DeviceBuffer from, MemorySegment to) {
      log.add("download " + from.bytes());
      submit(() -> to.copyFrom(memory(from)));
    }

    @Override
    public void copy(DeviceBuffer from, DeviceBuffer to) {
      submit(() -> memory(to).copyFrom(memory(from)));
    }

    @Override
    public Recording record(Runnable work) {
      List<Runnable> steps = new ArrayList<>();
      recorded = Optional.of(steps);
      work.run();
      recorded = Optional.empty();
      openRecordings++;
      log.add("record " + steps.size());
      return new Recording() {
        @Override
        public void enqueue() {
          steps.forEach(Runnable::run);
        }

        @Override
        public void close() {
          openRecordings--;
        }
      };
    }

    @Override
    public void free(DeviceBuffer allocated) {
      openAllocations--;
    }

    @Override
    public void freeHost(MemorySegment allocated) {
      openAllocations--;
    }

    @Override
    public Marks newMarks(int count) {
      long[] times = new long[count];
      openRecordings++;
      return new Marks() {
        @Override
        public void set(int index) {
          submit(() -> times[index] = System.nanoTime());
        }

        @Override
        public long nanos(int from, int to) {
          return times[to] - times[from];
        }

        @Override
        public void close() {
          openRecordings--;
        }
      };
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {
      openQueues--;
      arena.close();
    }
  }
}
