package dev.slipway.analysis;

import dev.slipway.backend.Peaks;
import dev.slipway.runtime.StepWork;
import dev.slipway.tensor.DType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Places layers under the roofs of a device (Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009).
 *
 * <p>The model has a run touch its weights once, so that they come from the nearest level of memory that holds all of
 * the run; activations were written a step before, so that they come from the nearest level that holds the step.
 *
 * @param threads that work on a run
 * @param runBytes that a whole run touches: weights and workspace
 */
public record Roofline(Peaks peaks, int threads, long runBytes) {

  /** The roof of a step. */
  public Roof of(StepWork work) {
    double compute = computeSeconds(work);
    long activationBytes = work.bytesRead() - work.weightBytes() + work.bytesWritten();
    Optional<Peaks.Memory> weights = level(runBytes);
    Optional<Peaks.Memory> activations = level(work.bytesRead() + work.bytesWritten());
    if (Double.isNaN(compute) || weights.isEmpty() || activations.isEmpty()) {
      return Roof.UNKNOWN;
    }
    double weightSeconds = work.weightBytes() / weights.get().bytesPerSecond();
    double activationSeconds = activationBytes / activations.get().bytesPerSecond();
    double memory = weightSeconds + activationSeconds;
    double launch = peaks.launchNanos() / 1e9;
    if (launch >= Math.max(compute, memory)) {
      return new Roof(launch * 1e3, Bound.LATENCY);
    }
    if (compute >= memory) {
      return new Roof(compute * 1e3, Bound.COMPUTE);
    }
    Peaks.Memory slower = weightSeconds > activationSeconds ? weights.get() : activations.get();
    return new Roof(memory * 1e3, Bound.of(slower));
  }

  /** 0 for steps that compute nothing; NaN where the peak of their arithmetic is not known. */
  private double computeSeconds(StepWork work) {
    if (work.executedFlops() == 0) {
      return 0;
    }
    return peak(work.arithmetic()).map(peak -> work.executedFlops() / peak.perSecond()).orElse(Double.NaN);
  }

  /** The peak of a type, or of float32 where kernels compute in that instead. */
  public Optional<Peaks.Compute> peak(DType arithmetic) {
    return peaks.compute(arithmetic, threads).or(() -> peaks.compute(DType.FLOAT32, threads));
  }

  /** The nearest level of memory that holds so many bytes when all threads share them out. */
  private Optional<Peaks.Memory> level(long bytes) {
    List<Peaks.Memory> levels = peaks.memory(threads);
    return levels.stream()
        .filter(level -> bytes / threads <= level.capacity())
        .min(Comparator.comparingLong(Peaks.Memory::capacity));
  }
}
