package dev.slipway.builder;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Measures candidates for one request against each other: in turn, so that a disturbance of the machine hits all, and
 * by their lower quartile, so that it hits none for good.
 */
final class KernelTimer {
  /** After so many samples candidates that are {@link #HOPELESS} times slower than the fastest drop out. */
  private static final int SCREENING_SAMPLES = 2;

  private static final double HOPELESS = 2;

  private final int samples;
  private final long warmUpNanos;
  private final long sampleNanos;

  /**
   * @param samples for each candidate
   * @param warmUpNanos for each candidate, for the just-in-time compiler
   * @param sampleNanos a sample repeats the kernel for about so long
   */
  KernelTimer(int samples, long warmUpNanos, long sampleNanos) {
    this.samples = samples;
    this.warmUpNanos = warmUpNanos;
    this.sampleNanos = sampleNanos;
  }

  /** One tactic with one choice. */
  record Candidate(Tactic tactic, TuningChoice choice) {}

  private static final class Contestant {
    final Candidate candidate;
    final Kernel kernel;
    final KernelArguments arguments;
    final double[] micros;
    int repetitions = 1;

    Contestant(Candidate candidate, Kernel kernel, KernelArguments arguments, int samples) {
      this.candidate = candidate;
      this.kernel = kernel;
      this.arguments = arguments;
      this.micros = new double[samples];
    }
  }

  /** The fastest candidate and its time. */
  Plan.Choice fastest(KernelRequest request, List<Candidate> candidates) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment[] inputs = inputs(request, arena);
      MemorySegment[] outputs = request.outputs().stream()
          .map(type -> arena.allocate(Math.max(type.bytes(), 1), Tensor.ALIGNMENT))
          .toArray(MemorySegment[]::new);
      PackedConstants constants = (port, format, bytes, pack) -> {
        MemorySegment packed = arena.allocate(Math.max(bytes, 1), Tensor.ALIGNMENT);
        pack.accept(packed);
        return packed;
      };
      List<Contestant> contestants = new ArrayList<>();
      for (Candidate candidate : candidates) {
        Kernel kernel = candidate.tactic().build(request, candidate.choice(), constants);
        MemorySegment scratch = arena.allocate(Math.max(kernel.workspaceBytes(), 1), Tensor.ALIGNMENT);
        contestants.add(new Contestant(candidate, kernel, new KernelArguments(inputs, outputs, scratch), samples));
      }
      contestants.forEach(this::warmUp);
      for (int sample = 0; sample < samples; sample++) {
        if (sample == SCREENING_SAMPLES) {
          dropSlow(contestants);
        }
        for (Contestant contestant : contestants) {
          contestant.micros[sample] = time(contestant);
        }
      }
      return best(contestants);
    }
  }

  /** Measures on only those that can still win. */
  private static void dropSlow(List<Contestant> contestants) {
    double best = contestants.stream().mapToDouble(KernelTimer::screened).min().orElseThrow();
    contestants.removeIf(contestant -> screened(contestant) > HOPELESS * best);
  }

  private static double screened(Contestant contestant) {
    return Arrays.stream(contestant.micros, 0, SCREENING_SAMPLES).min().orElseThrow();
  }

  private static Plan.Choice best(List<Contestant> contestants) {
    Contestant best = contestants.getFirst();
    double bestMicros = Double.POSITIVE_INFINITY;
    for (Contestant contestant : contestants) {
      Arrays.sort(contestant.micros);
      double micros = contestant.micros[contestant.micros.length / 4];
      if (micros < bestMicros) {
        best = contestant;
        bestMicros = micros;
      }
    }
    return new Plan.Choice(best.candidate.tactic().id(), best.candidate.choice(), bestMicros);
  }

  private void warmUp(Contestant contestant) {
    long start = System.nanoTime();
    long runs = 0;
    long elapsed;
    do {
      contestant.kernel.run(contestant.arguments);
      runs++;
      elapsed = System.nanoTime() - start;
    } while (elapsed < warmUpNanos);
    contestant.repetitions = Math.clamp(sampleNanos * runs / Math.max(elapsed, 1), 1, 1000);
  }

  private static double time(Contestant contestant) {
    long start = System.nanoTime();
    for (int i = 0; i < contestant.repetitions; i++) {
      contestant.kernel.run(contestant.arguments);
    }
    return (System.nanoTime() - start) / 1e3 / contestant.repetitions;
  }

  private static MemorySegment[] inputs(KernelRequest request, Arena arena) {
    SplittableRandom random = new SplittableRandom(1);
    MemorySegment[] inputs = new MemorySegment[request.inputs().size()];
    for (int i = 0; i < inputs.length; i++) {
      if (request.constant(i).isPresent()) {
        inputs[i] = request.constant(i).get().copy(arena).data();
      } else if (request.has(i)) {
        inputs[i] = randomTensor(request.input(i), arena, random);
      } else {
        inputs[i] = MemorySegment.NULL;
      }
    }
    return inputs;
  }

  private static MemorySegment randomTensor(TensorType type, Arena arena, SplittableRandom random) {
    MemorySegment data = arena.allocate(Math.max(type.bytes(), 1), Tensor.ALIGNMENT);
    if (type.dtype() == DType.FLOAT32) {
      for (long i = 0; i + Float.BYTES <= type.bytes(); i += Float.BYTES) {
        data.set(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
      }
    }
    return data;
  }
}
