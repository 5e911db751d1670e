package dev.slipway.backend;

import dev.slipway.tensor.DType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a device reaches at most, measured: the roofs under which kernels run.
 *
 * @param launchNanos time to have all threads begin something and to wait for them, which no step on several threads
 *     beats; of a GPU, the time of a node of a graph that does nothing
 */
public record Peaks(List<Compute> compute, List<Memory> memory, double launchNanos) {

  /**
   * Arithmetic on registers.
   *
   * @param unit the instructions, as the field calls them: FMA, VNNI, AMX
   * @param type of the factors; sums are wider
   * @param perSecond operations, a multiply-add counting two
   */
  public record Compute(String unit, DType type, int threads, double perSecond) {}

  /**
   * Reading memory of one level again and again.
   *
   * @param level L1, L2, L3 or memory
   * @param capacity bytes that it holds for each thread that works; {@link Long#MAX_VALUE} for memory
   * @param bytesPerSecond of all threads together
   */
  public record Memory(String level, long capacity, int threads, double bytesPerSecond) {}

  public Peaks {
    compute = List.copyOf(compute);
    memory = List.copyOf(memory);
    if (compute.isEmpty() || memory.isEmpty()) {
      throw new IllegalArgumentException(
          "peaks: " + compute + ", " + memory + " (expected: one of each kind at least)");
    }
  }

  /** So many threads, or 1 where the device is not divided into threads: a GPU counts as one. */
  public int threads(int wanted) {
    return compute.stream().anyMatch(peak -> peak.threads() == wanted) ? wanted : 1;
  }

  /** The best rate on so many threads in products of a type; empty where none was measured. */
  public Optional<Compute> compute(DType type, int threads) {
    return compute.stream()
        .filter(peak -> peak.type() == type && peak.threads() == threads)
        .max(Comparator.comparingDouble(Compute::perSecond));
  }

  /** The levels of memory as so many threads see them, the nearest first. */
  public List<Memory> memory(int threads) {
    return memory.stream()
        .filter(level -> level.threads() == threads)
        .sorted(Comparator.comparingLong(Memory::capacity))
        .toList();
  }
}
