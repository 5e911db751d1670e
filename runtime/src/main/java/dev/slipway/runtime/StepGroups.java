package dev.slipway.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Finds neighbouring steps that are done sooner side by side, each by one thread, than one after the other by all
 * threads: short ones on branches of the graph, of which each handover costs as much as the second thread gains.
 */
final class StepGroups {
  /** Steps that a group may span. */
  private static final int LONGEST = 24;

  /** Of a step that all threads share: the handover, and the end at which threads wait for each other. */
  private static final double SHARED_MICROS = 5;

  /** Threads that share a step take so much longer than their part of one thread's time. */
  private static final double SHARED_LOSS = 1.1;

  /** What one thread fetches from another's cache in a microsecond. */
  private static final double FETCHED_BYTES_PER_MICRO = 10_000;

  /** Predictions are no better than this. */
  private static final double LEAST_GAIN_MICROS = 5;

  private final List<Candidate> steps;
  private final int threads;
  /** For each step bit {@code i} says whether it depends on the one {@code i + 1} before it. */
  private final long[] dependencies;

  private StepGroups(List<Candidate> steps, int threads) {
    this.steps = steps;
    this.threads = threads;
    this.dependencies = new long[steps.size()];
    for (int step = 0; step < dependencies.length; step++) {
      for (int back = 1; back < LONGEST && back <= step; back++) {
        boolean depends = steps.get(step).dependsOn(steps.get(step - back));
        dependencies[step] |= depends ? 1L << back - 1 : 0;
      }
    }
  }

  /** Memory that a step reads or writes. */
  record Access(Root root, long from, long to, boolean writes) {
    boolean conflicts(Access other) {
      return (writes || other.writes) && root == other.root && from < other.to && other.from < to;
    }
  }

  /**
   * A step.
   *
   * @param movable whether it may run on another thread than the caller's
   * @param micros of one thread
   */
  record Candidate(boolean movable, double micros, List<Access> accesses) {
    boolean dependsOn(Candidate other) {
      for (Access mine : accesses) {
        for (Access its : other.accesses) {
          if (mine.conflicts(its)) {
            return true;
          }
        }
      }
      return false;
    }
  }

  /** A group and the microseconds that it is predicted to gain. */
  private record Gain(StepGroup group, double micros) {}

  /** The groups that gain most together, in order; none overlaps another. */
  static List<StepGroup> of(List<Candidate> steps, int threads) {
    return threads == 1 ? List.of() : new StepGroups(steps, threads).best();
  }

  private List<StepGroup> best() {
    double[] gains = new double[steps.size() + 1];
    StepGroup[] last = new StepGroup[steps.size() + 1];
    for (int end = 1; end <= steps.size(); end++) {
      gains[end] = gains[end - 1];
      for (int first = end - 1; first >= Math.max(0, end - LONGEST) && steps.get(first).movable(); first--) {
        Optional<Gain> gain = gain(first, end);
        if (gain.isPresent() && gains[first] + gain.get().micros() > gains[end]) {
          gains[end] = gains[first] + gain.get().micros();
          last[end] = gain.get().group();
        }
      }
    }
    List<StepGroup> groups = new ArrayList<>();
    for (int end = steps.size(); end > 0; end = last[end] == null ? end - 1 : last[end].first()) {
      if (last[end] != null) {
        groups.addFirst(last[end]);
      }
    }
    return groups;
  }

  private Optional<Gain> gain(int first, int end) {
    List<int[]> chains = chains(first, end);
    if (chains.size() < 2) {
      return Optional.empty();
    }
    double apart = 0;
    for (int step = first; step < end; step++) {
      apart += SHARED_MICROS + SHARED_LOSS * steps.get(step).micros() / threads;
    }
    Parts parts = parts(chains, first);
    double gain = apart - SHARED_MICROS - parts.longest();
    return gain < LEAST_GAIN_MICROS
        ? Optional.empty()
        : Optional.of(new Gain(new StepGroup(first, end, parts.steps()), gain));
  }

  /** Steps that depend on each other, directly or through others, are of one chain. */
  private List<int[]> chains(int first, int end) {
    long window = (1L << end - first) - 1;
    long[] chains = new long[end - first];
    int count = 0;
    for (int step = first; step < end; step++) {
      long needed = dependencies[step] << end - step & window;
      long joined = 1L << end - 1 - step;
      int kept = 0;
      for (int i = 0; i < count; i++) {
        if ((chains[i] & needed) != 0) {
          joined |= chains[i];
        } else {
          chains[kept++] = chains[i];
        }
      }
      chains[kept] = joined;
      count = kept + 1;
    }
    return count < 2 ? List.of() : Arrays.stream(chains, 0, count).mapToObj(chain -> steps(chain, end)).toList();
  }

  /** The steps of a chain in order; bit {@code i} stands for the one {@code i + 1} before {@code end}. */
  private static int[] steps(long chain, int end) {
    int[] steps = new int[Long.bitCount(chain)];
    for (int i = 0, bit = Long.SIZE - 1; bit >= 0; bit--) {
      if ((chain >>> bit & 1) != 0) {
        steps[i++] = end - 1 - bit;
      }
    }
    return steps;
  }

  /** Steps for each thread, and the microseconds of the thread that takes longest. */
  private record Parts(List<int[]> steps, double longest) {}

  /** The longest chain first, each to the thread that has least to do. */
  private Parts parts(List<int[]> chains, int first) {
    List<int[]> byTime = new ArrayList<>(chains);
    byTime.sort(Comparator.comparingDouble(chain -> -micros(chain, first)));
    double[] micros = new double[Math.min(threads, chains.size())];
    int[][] parts = new int[micros.length][0];
    for (int[] chain : byTime) {
      int free = 0;
      for (int i = 1; i < micros.length; i++) {
        free = micros[i] < micros[free] ? i : free;
      }
      micros[free] += micros(chain, first);
      parts[free] = IntStream.concat(Arrays.stream(parts[free]), Arrays.stream(chain)).sorted().toArray();
    }
    return new Parts(List.of(parts), Arrays.stream(micros).max().orElse(0));
  }

  /** Of one thread, which fetches what the other threads have of inputs from before the group. */
  private double micros(int[] chain, int first) {
    double micros = 0;
    double fetched = 0;
    for (int step : chain) {
      micros += steps.get(step).micros();
      for (Access access : steps.get(step).accesses()) {
        boolean isFromBefore = !access.writes() && access.root().firstStep < first;
        fetched += isFromBefore ? access.to() - access.from() : 0;
      }
    }
    return micros + fetched * (threads - 1) / threads / FETCHED_BYTES_PER_MICRO;
  }
}
