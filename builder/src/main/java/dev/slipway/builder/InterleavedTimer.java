package dev.slipway.builder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Measures ways to do the same against each other: in turn, so that a slow phase of the machine hits all, without the
 * samples that were disturbed, and by lower quartiles, so that what disturbs unnoticed hits none for good. Who cannot
 * win any more drops out, and it ends when the winner is clear, or when its time is up.
 */
final class InterleavedTimer {
  /** After so many samples contestants that are {@link #HOPELESS} times slower than the fastest drop out. */
  private static final int SCREENING_SAMPLES = 2;

  private static final double HOPELESS = 1.5;
  private static final long MOST_REPETITIONS = 1000;

  /** A run counts as an improvement of the fastest one if it took less than this share of its time. */
  private static final double IMPROVEMENT = 0.97;

  /** Code that waits to be compiled can be so slow that a few runs without an improvement tell nothing. */
  private static final int RUNS_TO_SETTLE = 10;

  private static final double SUSPICIOUS = 4;

  private final TimeSource time;
  private final Effort effort;

  InterleavedTimer(TimeSource time, Effort effort) {
    this.time = time;
    this.effort = effort;
  }

  /** Something to measure. */
  interface Contestant {
    /** @param turn counts the runs, for who does not want to find its memory in the cache each time */
    void run(int turn);

    /** Whether it gets faster over many runs, as code does that is compiled meanwhile. */
    boolean warmsUp();
  }

  /**
   * How long to measure; all times in nanoseconds.
   *
   * @param fewestSamples undisturbed ones of each contestant that stays
   * @param sample repetitions fill it
   * @param limit for all samples of all contestants together
   * @param settled a contestant that warms up is warm when it did not get faster for so long
   * @param longestWarmUp for each contestant
   */
  record Effort(int fewestSamples, int mostSamples, long sample, long limit, long settled, long longestWarmUp) {
    static final Effort FAST = new Effort(5, 15, 50_000, 30_000_000, 15_000_000, 1_000_000_000);
    static final Effort FULL = new Effort(15, 61, 500_000, 1_000_000_000, 60_000_000, 3_000_000_000L);
    /** For machine code, whose callers still have to be compiled when the first layers are measured. */
    private static final long MACHINE_CODE_SETTLED = 1_000_000;
    private static final long MACHINE_CODE_LONGEST = 60_000_000;

    long settled(Contestant contestant) {
      return contestant.warmsUp() ? settled : MACHINE_CODE_SETTLED;
    }

    long longestWarmUp(Contestant contestant) {
      return contestant.warmsUp() ? longestWarmUp : MACHINE_CODE_LONGEST;
    }
  }

  /** Microseconds of one run of each contestant. */
  double[] micros(List<? extends Contestant> contestants) {
    List<Samples> all = new ArrayList<>();
    for (Contestant contestant : contestants) {
      all.add(new Samples(contestant));
    }
    warmUp(all);
    List<Samples> left = new ArrayList<>(all);
    long start = time.nanos();
    long disturbances = time.disturbances();
    for (int round = 1; round <= effort.mostSamples(); round++) {
      for (Samples samples : left) {
        double micros = sample(samples);
        long now = time.disturbances();
        samples.add(micros, now != disturbances);
        disturbances = now;
      }
      if (round >= SCREENING_SAMPLES) {
        dropLosers(left);
        if (isDecided(left) || time.nanos() - start > effort.limit()) {
          break;
        }
      }
    }
    return all.stream().mapToDouble(Samples::lowerQuartile).toArray();
  }

  /** The compiler's queue can be long: who is much slower than others for the same gets a second chance. */
  private void warmUp(List<Samples> all) {
    all.forEach(samples -> warmUp(samples, effort.settled(samples.contestant)));
    double fastest = all.stream().mapToDouble(samples -> samples.warmNanos).min().orElseThrow();
    for (Samples samples : all) {
      if (samples.contestant.warmsUp() && samples.warmNanos > SUSPICIOUS * fastest) {
        warmUp(samples, effort.longestWarmUp());
      }
      samples.repetitions = (int) Math.clamp(effort.sample() / Math.max(samples.warmNanos, 1), 1, MOST_REPETITIONS);
    }
  }

  private void warmUp(Samples samples, long settled) {
    long start = time.nanos();
    long now = start;
    long improved = start;
    long compiled = time.compilationMillis();
    double fastest = Double.POSITIVE_INFINITY;
    while (now - start < effort.longestWarmUp(samples.contestant)) {
      long begin = now;
      samples.contestant.run(samples.turn++);
      now = time.nanos();
      if (now - begin < fastest * IMPROVEMENT) {
        fastest = now - begin;
        improved = now;
      } else if (now - improved >= Math.max(settled, RUNS_TO_SETTLE * fastest)) {
        long compiledNow = time.compilationMillis();
        if (compiledNow == compiled) {
          break;
        }
        compiled = compiledNow;
        improved = now;
      }
    }
    samples.warmNanos = fastest;
  }

  /** Microseconds of a run, the mean of some repetitions. */
  private double sample(Samples samples) {
    long start = time.nanos();
    for (int i = 0; i < samples.repetitions; i++) {
      samples.contestant.run(samples.turn++);
    }
    return (time.nanos() - start) / 1e3 / samples.repetitions;
  }

  /** Whoever has not been as fast even once as the leader is most of the time cannot win. */
  private void dropLosers(List<Samples> left) {
    Samples leader = leader(left);
    boolean screening = leader.count() < effort.fewestSamples();
    double limit = screening ? HOPELESS * leader.fastest() : leader.upperQuartile();
    left.removeIf(samples -> samples != leader && samples.count() > 0 && samples.fastest() > limit);
  }

  private boolean isDecided(List<Samples> left) {
    return left.size() == 1
        ? left.getFirst().count() >= effort.fewestSamples()
        : left.stream().allMatch(samples -> samples.count() >= effort.fewestSamples()) && haveSettled(left);
  }

  /** Whether more samples would hardly tell more: the spread of all is a few percent. */
  private static boolean haveSettled(List<Samples> left) {
    return left.stream().allMatch(samples -> samples.upperQuartile() * IMPROVEMENT <= samples.fastest());
  }

  private static Samples leader(List<Samples> all) {
    return all.stream().min(Comparator.comparingDouble(Samples::lowerQuartile)).orElseThrow();
  }

  /** What was measured of one contestant, in microseconds. */
  private static final class Samples {
    private final Contestant contestant;
    private final List<Double> undisturbed = new ArrayList<>();
    private final List<Double> disturbed = new ArrayList<>();
    private double warmNanos;
    private int repetitions = 1;
    private int turn;

    Samples(Contestant contestant) {
      this.contestant = contestant;
    }

    void add(double micros, boolean isDisturbed) {
      (isDisturbed ? disturbed : undisturbed).add(micros);
    }

    int count() {
      return undisturbed.size();
    }

    double fastest() {
      return sorted()[0];
    }

    double lowerQuartile() {
      double[] sorted = sorted();
      return sorted[sorted.length / 4];
    }

    double upperQuartile() {
      double[] sorted = sorted();
      return sorted[sorted.length * 3 / 4];
    }

    /** Disturbed samples count where there are no others. */
    private double[] sorted() {
      List<Double> samples = undisturbed.isEmpty() ? disturbed : undisturbed;
      double[] sorted = samples.stream().mapToDouble(Double::doubleValue).toArray();
      Arrays.sort(sorted);
      return sorted;
    }
  }
}
