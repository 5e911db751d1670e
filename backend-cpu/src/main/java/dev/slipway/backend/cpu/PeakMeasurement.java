package dev.slipway.backend.cpu;

import dev.slipway.backend.Peaks;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleFunction;
import java.util.function.LongConsumer;

/**
 * Measures {@link Peaks} of one thread and of all threads of a pool: of each loop the sample that was disturbed least.
 * All loops take turns for a while, so that a time in which the machine is slow does not hit one of them alone.
 */
final class PeakMeasurement {
  private static final int ROUNDS = 6;
  private static final int SAMPLES = 4;
  private static final long SAMPLE_NANOS = 1_500_000;

  /** Beyond every cache, of all threads together. */
  private static final long LARGEST_BLOCK = 512L << 20;

  /** After which a thread that waits for the others gives up. */
  private static final long LONGEST_WAIT_NANOS = 1_000_000;

  private final WorkerPool pool;
  private final Isa isa;
  private final Arena arena;
  private final List<Probe<Peaks.Compute>> compute = new ArrayList<>();
  private final List<Probe<Peaks.Memory>> memory = new ArrayList<>();

  private PeakMeasurement(WorkerPool pool, Isa isa, Arena arena) {
    this.pool = pool;
    this.isa = isa;
    this.arena = arena;
  }

  /** Empty where no machine code runs. */
  static Optional<Peaks> measure(WorkerPool pool) {
    if (Isa.best().isEmpty()) {
      return Optional.empty();
    }
    pool.beginRun();
    try (Arena arena = Arena.ofShared()) {
      return Optional.of(new PeakMeasurement(pool, Isa.best().get(), arena).measure());
    } finally {
      pool.endRun();
    }
  }

  private Peaks measure() {
    for (int threads : new TreeSet<>(List.of(1, pool.threads()))) {
      addProducts(threads);
      addMemory(threads);
    }
    Probe<Double> launch = new Probe<>(1, this::launch, rate -> 1e9 / rate);
    for (int round = 0; round < ROUNDS; round++) {
      compute.forEach(Probe::sample);
      memory.forEach(Probe::sample);
      launch.sample();
    }
    return new Peaks(
        compute.stream().map(Probe::peak).toList(), memory.stream().map(Probe::peak).toList(), launch.peak());
  }

  /** A loop and the fastest of its samples. */
  private static final class Probe<T> {
    private final double amount;
    private final LongConsumer loop;
    private final DoubleFunction<T> peak;
    private long rounds = 1;
    private double best;

    /**
     * @param amount that the loop does in a round
     * @param peak what to say of the amount a second
     */
    Probe(double amount, LongConsumer loop, DoubleFunction<T> peak) {
      this.amount = amount;
      this.loop = loop;
      this.peak = peak;
    }

    void sample() {
      for (int i = 0; i < SAMPLES; i++) {
        long nanos = nanos();
        best = Math.max(best, amount * rounds * 1e9 / nanos);
        while (amount * rounds * 1e9 / best < SAMPLE_NANOS) {
          rounds *= 2;
        }
      }
    }

    private long nanos() {
      long start = System.nanoTime();
      loop.accept(rounds);
      return Math.max(1, System.nanoTime() - start);
    }

    T peak() {
      return peak.apply(best);
    }
  }

  private void addProducts(int threads) {
    for (PeakLoops.Products loop : loops()) {
      compute.add(new Probe<>(
          loop.operations() * threads,
          rounds -> run(threads, unit -> loop.run(rounds)),
          rate -> new Peaks.Compute(loop.unit(), loop.type(), threads, rate)));
    }
  }

  private List<PeakLoops.Products> loops() {
    List<PeakLoops.Products> loops = new ArrayList<>();
    loops.add(PeakLoops.floats(isa));
    ByteProducts.best().map(PeakLoops::bytes).ifPresent(loops::add);
    if (MatrixUnit.unavailable().isEmpty()) {
      loops.add(PeakLoops.tiles());
    }
    return loops;
  }

  private void addMemory(int threads) {
    long inner = 0;
    for (CacheLevel level : CacheLevel.ofThisMachine()) {
      long share = level.share(threads);
      if (share > 2 * inner) {
        long block = Math.min(share / 2, Math.max(inner * 4, share / 8));
        addLevel("L" + level.level(), share, threads, inner == 0 ? share / 2 : block);
        inner = share;
      }
    }
    long largest = LARGEST_BLOCK / threads;
    addLevel("memory", Long.MAX_VALUE, threads, inner == 0 ? largest : Math.min(4 * inner, largest));
  }

  private void addLevel(String level, long capacity, int threads, long block) {
    PeakLoops.Reads reads = PeakLoops.reads(isa);
    long bytes = block / reads.step() * reads.step();
    long address = AddressSpace.address(
        arena.allocate(bytes * threads, SplitFormat.ROW_BYTES).fill((byte) 1), bytes * threads, "block");
    memory.add(new Probe<>(
        (double) bytes * threads,
        rounds -> run(threads, unit -> reads.run(rounds, address + unit * bytes, bytes)),
        rate -> new Peaks.Memory(level, capacity, threads, rate)));
  }

  /** One unit for each thread. */
  private void run(int threads, LongConsumer unit) {
    pool.run(threads, (index, worker) -> unit.accept(index));
  }

  /** Has all threads meet, so many times. */
  private void launch(long rounds) {
    for (long i = 0; i < rounds; i++) {
      AtomicInteger missing = new AtomicInteger(pool.threads());
      pool.run(pool.threads(), (unit, worker) -> {
        long begin = System.nanoTime();
        missing.getAndDecrement();
        while (missing.get() > 0 && System.nanoTime() - begin < LONGEST_WAIT_NANOS) {
          Thread.onSpinWait();
        }
      });
    }
  }
}
