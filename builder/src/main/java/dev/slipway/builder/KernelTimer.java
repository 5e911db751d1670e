package dev.slipway.builder;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Measures candidates for one request against each other on random inputs of the real sizes. In a network a layer finds
 * its activations in the cache, where the layer before left them, but its weights rarely: kernels of machine code get
 * several copies of larger weights and take them in turn.
 */
final class KernelTimer {
  /** Weights of so many bytes together are not in the cache when their turn comes again. */
  private static final long ROTATED_BYTES = 4L << 20;

  /** Fetching less than this from memory takes no time that would count. */
  private static final long SMALL_BYTES = 128L << 10;

  private static final int MOST_COPIES = 16;
  private static final int PATTERN_BYTES = 64 << 10;

  /** Packs nothing. */
  private static final PackedConstants NO_CONSTANTS = new PackedConstants() {
    @Override
    public MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      return MemorySegment.NULL;
    }

    @Override
    public DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      return DeviceBuffer.NONE;
    }
  };

  private final InterleavedTimer timer;
  private final Supplier<Optional<DeviceQueue>> queues;
  /** Tactics whose code around the machine code has been compiled, as it is with their first kernel. */
  private final Set<TacticId> warm = new HashSet<>();

  KernelTimer(InterleavedTimer timer) {
    this(timer, Optional::empty);
  }

  /** @param queues gives queues of the device where it has memory of its own */
  KernelTimer(InterleavedTimer timer, Supplier<Optional<DeviceQueue>> queues) {
    this.timer = timer;
    this.queues = queues;
  }

  /** One tactic with one choice, and the microseconds that the tactic's model of cost predicts. */
  record Candidate(Tactic tactic, TuningChoice choice, double predictedMicros) {}

  /** A candidate and what it shall compute. */
  record Entry(KernelRequest request, Candidate candidate) {}

  /**
   * Makes kernels of a device with memory of its own, by all threads, so that what backends keep of compilers and
   * libraries is there when it is measured. A candidate that cannot be made is left to {@link #measure}.
   */
  void prepare(List<Entry> entries) {
    if (isNoisy()) {
      return;
    }
    entries.parallelStream().forEach(entry -> {
      try {
        entry.candidate().tactic().build(entry.request(), entry.candidate().choice(), NO_CONSTANTS);
      } catch (SlipwayException e) {
        return;
      }
    });
  }

  /** Whether the same may take another time a while later: on a processor, which others share. */
  boolean isNoisy() {
    Optional<DeviceQueue> queue = queues.get();
    queue.ifPresent(DeviceQueue::close);
    return queue.isEmpty();
  }

  /** The times of all candidates, in their order. */
  List<Plan.Choice> measure(KernelRequest request, List<Candidate> candidates) {
    Optional<DeviceQueue> queue = queues.get();
    if (queue.isPresent()) {
      try (DeviceQueue own = queue.get()) {
        return new DeviceKernelTimer(own).measure(request, candidates);
      }
    }
    try (Arena arena = Arena.ofShared()) {
      Memory memory = new Memory(request, arena);
      List<Runner> runners = candidates.stream()
          .map(candidate -> memory.runner(candidate, candidate.tactic().warmsUp() || warm.add(candidate.tactic().id())))
          .toList();
      double[] micros = timer.micros(runners);
      List<Plan.Choice> timings = new ArrayList<>();
      for (int i = 0; i < micros.length; i++) {
        Candidate candidate = candidates.get(i);
        timings.add(new Plan.Choice(candidate.tactic().id(), candidate.choice(), micros[i]));
      }
      return timings;
    }
  }

  /** Kernels that compute the same on different copies of the weights. */
  private record Runner(boolean warmsUp, List<Kernel> copies, List<KernelArguments> arguments)
      implements InterleavedTimer.Contestant {
    @Override
    public void run(int turn) {
      int copy = turn % copies.size();
      copies.get(copy).run(arguments.get(copy));
    }
  }

  /** The operands that all candidates share. */
  private static final class Memory {
    private final KernelRequest request;
    private final Arena arena;
    private final MemorySegment[] inputs;
    private final MemorySegment[] outputs;
    private final Map<String, MemorySegment> packed = new HashMap<>();

    Memory(KernelRequest request, Arena arena) {
      this.request = request;
      this.arena = arena;
      inputs = inputs(request, arena);
      outputs = request.outputs().stream()
          .map(type -> allocate(type.bytes()))
          .toArray(MemorySegment[]::new);
    }

    private MemorySegment allocate(long bytes) {
      return arena.allocate(Math.max(bytes, 1), Tensor.ALIGNMENT);
    }

    Runner runner(Candidate candidate, boolean warmsUp) {
      List<Kernel> kernels = new ArrayList<>();
      List<KernelArguments> arguments = new ArrayList<>();
      int copies = candidate.tactic().warmsUp() ? 1 : copies();
      for (int copy = 0; copy < copies; copy++) {
        Kernel kernel = candidate.tactic().build(request, candidate.choice(), constants(copy));
        kernels.add(kernel);
        arguments.add(new KernelArguments(inputs, outputs, allocate(kernel.workspaceBytes())));
      }
      return new Runner(warmsUp, kernels, arguments);
    }

    /** Candidates that like the same form share it. */
    private PackedConstants constants(int copy) {
      return (port, format, bytes, pack) -> packed.computeIfAbsent(port + "#" + format + "#" + copy, key -> {
        MemorySegment form = allocate(bytes);
        pack.accept(form);
        return form;
      });
    }

    private int copies() {
      long bytes = request.inputs().stream()
          .flatMap(argument -> argument.constant().stream())
          .mapToLong(constant -> constant.type().bytes())
          .sum();
      return bytes < SMALL_BYTES ? 1 : Math.clamp(ROTATED_BYTES / bytes, 1, MOST_COPIES);
    }
  }

  /** Memory for each input: the constants, random floats. */
  static MemorySegment[] inputs(KernelRequest request, Arena arena) {
    Map<DType, MemorySegment> patterns = Map.of(
        DType.FLOAT32, floats(arena),
        DType.FLOAT16, halves(Float::floatToFloat16, arena),
        DType.BFLOAT16, halves(value -> (short) (Float.floatToRawIntBits(value) >>> Short.SIZE), arena));
    MemorySegment[] inputs = new MemorySegment[request.inputs().size()];
    for (int i = 0; i < inputs.length; i++) {
      if (request.constant(i).isPresent()) {
        inputs[i] = aligned(request.constant(i).get(), arena);
      } else if (request.has(i)) {
        inputs[i] = filled(request.input(i), patterns, arena);
      } else {
        inputs[i] = MemorySegment.NULL;
      }
    }
    return inputs;
  }

  private static MemorySegment aligned(Tensor constant, Arena arena) {
    MemorySegment data = constant.data();
    return data.isNative() && data.address() % Tensor.ALIGNMENT == 0 ? data : constant.copy(arena).data();
  }

  private static MemorySegment floats(Arena arena) {
    SplittableRandom random = new SplittableRandom(1);
    MemorySegment floats = arena.allocate(PATTERN_BYTES, Tensor.ALIGNMENT);
    for (long i = 0; i < PATTERN_BYTES; i += Float.BYTES) {
      floats.set(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
    }
    return floats;
  }

  private interface Rounding {
    short bits(float value);
  }

  private static MemorySegment halves(Rounding rounding, Arena arena) {
    SplittableRandom random = new SplittableRandom(2);
    MemorySegment halves = arena.allocate(PATTERN_BYTES, Tensor.ALIGNMENT);
    for (long i = 0; i < PATTERN_BYTES; i += Short.BYTES) {
      halves.set(ValueLayout.JAVA_SHORT, i, rounding.bits(random.nextFloat() - 0.5f));
    }
    return halves;
  }

  /** Floats are random, so that none is denormal; all other types are zero, which indices may be. */
  private static MemorySegment filled(TensorType type, Map<DType, MemorySegment> patterns, Arena arena) {
    MemorySegment data = arena.allocate(Math.max(type.bytes(), 1), Tensor.ALIGNMENT);
    MemorySegment pattern = patterns.get(type.dtype());
    for (long i = 0; pattern != null && i < type.bytes(); i += PATTERN_BYTES) {
      MemorySegment.copy(pattern, 0, data, i, Math.min(PATTERN_BYTES, type.bytes() - i));
    }
    return data;
  }
}
