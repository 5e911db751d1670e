package dev.slipway.builder;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceKernel;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures kernels of a device with memory of its own against each other: in turn, in one recording, by the device's
 * own clock. A candidate that cannot be made or run takes forever.
 */
final class DeviceKernelTimer {
  private static final int SCREENING_ROUNDS = 3;
  private static final int ROUNDS = 9;
  private static final double HOPELESS = 1.3;
  /** A sample has so many runs that it is longer than this, the clock's resolution being half a microsecond. */
  private static final double SAMPLE_MICROS = 40;
  private static final int MOST_REPETITIONS = 20;

  private final DeviceQueue queue;

  DeviceKernelTimer(DeviceQueue queue) {
    this.queue = queue;
  }

  /** A kernel on memory of its own kind; its samples in nanoseconds of one run. */
  private record Contestant(int index, Runnable run, List<Double> samples) {
    double lowerQuartile() {
      double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      return sorted[sorted.length / 4];
    }
  }

  /** The times of all candidates, in their order. */
  List<Plan.Choice> measure(KernelRequest request, List<KernelTimer.Candidate> candidates) {
    double[] micros = new double[candidates.size()];
    Arrays.fill(micros, Double.POSITIVE_INFINITY);
    try (Arena arena = Arena.ofShared()) {
      List<Contestant> all = contestants(request, candidates, arena);
      sample(all, SCREENING_ROUNDS);
      double fastest = all.stream().mapToDouble(Contestant::lowerQuartile).min().orElse(0);
      sample(all.stream().filter(one -> one.lowerQuartile() <= HOPELESS * fastest).toList(), ROUNDS);
      all.forEach(one -> micros[one.index()] = one.lowerQuartile() / 1e3);
    }
    List<Plan.Choice> timings = new ArrayList<>();
    for (int i = 0; i < micros.length; i++) {
      timings.add(new Plan.Choice(candidates.get(i).tactic().id(), candidates.get(i).choice(), micros[i]));
    }
    return timings;
  }

  private List<Contestant> contestants(KernelRequest request, List<KernelTimer.Candidate> candidates, Arena arena) {
    List<DeviceBuffer> inputs = inputs(request, arena);
    List<DeviceBuffer> outputs =
        request.outputs().stream().map(type -> queue.allocate(type.bytes())).toList();
    Constants constants = new Constants(arena);
    List<Contestant> contestants = new ArrayList<>();
    for (int i = 0; i < candidates.size(); i++) {
      int index = i;
      runnable(request, candidates.get(i), constants, inputs, outputs)
          .ifPresent(run -> contestants.add(new Contestant(index, run, new ArrayList<>())));
    }
    return contestants;
  }

  private Optional<Runnable> runnable(
      KernelRequest request,
      KernelTimer.Candidate candidate,
      Constants constants,
      List<DeviceBuffer> inputs,
      List<DeviceBuffer> outputs) {
    try {
      Kernel made = candidate.tactic().build(request, candidate.choice(), constants);
      DeviceKernel kernel = (DeviceKernel) made;
      DeviceArguments arguments =
          new DeviceArguments(inputs, outputs, queue.allocate(Math.max(kernel.workspaceBytes(), 1)));
      Runnable run = () -> kernel.enqueue(queue, arguments);
      run.run();
      queue.synchronize();
      return Optional.of(run);
    } catch (SlipwayException e) {
      return Optional.empty();
    }
  }

  private List<DeviceBuffer> inputs(KernelRequest request, Arena arena) {
    List<DeviceBuffer> buffers = new ArrayList<>();
    for (MemorySegment input : KernelTimer.inputs(request, arena)) {
      DeviceBuffer buffer = queue.allocate(Math.max(input.byteSize(), 1));
      queue.upload(input, buffer);
      buffers.add(buffer);
    }
    queue.synchronize();
    return buffers;
  }

  private void sample(List<Contestant> contestants, int rounds) {
    if (contestants.isEmpty()) {
      return;
    }
    List<Integer> repetitions = contestants.stream().map(DeviceKernelTimer::repetitions).toList();
    List<Runnable> work = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < contestants.size(); i++) {
        Runnable run = contestants.get(i).run();
        int count = repetitions.get(i);
        work.add(() -> {
          for (int repetition = 0; repetition < count; repetition++) {
            run.run();
          }
        });
      }
    }
    long[] nanos = queue.nanos(work);
    for (int i = 0; i < nanos.length; i++) {
      int own = i % contestants.size();
      contestants.get(own).samples().add((double) nanos[i] / repetitions.get(own));
    }
  }

  private static int repetitions(Contestant contestant) {
    return contestant.samples().isEmpty()
        ? 1
        : (int) Math.clamp(SAMPLE_MICROS * 1e3 / contestant.lowerQuartile(), 1, MOST_REPETITIONS);
  }

  /** Packed forms, which candidates that like the same share. */
  private final class Constants implements PackedConstants {
    private final Arena arena;
    private final Map<String, DeviceBuffer> onDevice = new HashMap<>();

    Constants(Arena arena) {
      this.arena = arena;
    }

    @Override
    public MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      MemorySegment form = arena.allocate(Math.max(bytes, 1), Tensor.ALIGNMENT).asSlice(0, bytes);
      pack.accept(form);
      return form;
    }

    @Override
    public DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      return onDevice.computeIfAbsent(port + "#" + format, key -> {
        MemorySegment form = pack(port, format, bytes, pack);
        DeviceBuffer buffer = queue.allocate(form.byteSize());
        queue.upload(form, buffer);
        queue.synchronize();
        return buffer;
      });
    }
  }
}
