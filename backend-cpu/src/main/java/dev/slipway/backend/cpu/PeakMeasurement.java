package dev.slipway.backend.cpu;

import dev.slipway.backend.Peaks;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** Measures {@link Peaks} of one thread and of all threads of a pool: of each loop its fastest sample. */
final class PeakMeasurement {
  private static final int SAMPLES = 15;
  private static final int SAMPLES_TO_CALIBRATE = 3;
  private static final long SAMPLE_NANOS = 1_500_000;

  /** Beyond every cache, of all threads together. */
  private static final long LARGEST_BLOCK = 512L << 20;

  private static final int LAUNCHES = 2_000;

  private final WorkerPool pool;
  private final Isa isa;
  private final List<Peaks.Compute> compute = new ArrayList<>();
  private final List<Peaks.Memory> memory = new ArrayList<>();

  private PeakMeasurement(WorkerPool pool, Isa isa) {
    this.pool = pool;
    this.isa = isa;
  }

  /** Empty where no machine code runs. */
  static Optional<Peaks> measure(WorkerPool pool) {
    return Isa.best().map(isa -> new PeakMeasurement(pool, isa).measure());
  }

  private Peaks measure() {
    pool.beginRun();
    try {
      for (int threads : new TreeSet<>(List.of(1, pool.threads()))) {
        measureProducts(threads);
        measureMemory(threads);
      }
      return new Peaks(compute, memory, launchNanos());
    } finally {
      pool.endRun();
    }
  }

  private void measureProducts(int threads) {
    for (PeakLoops.Products loop : loops()) {
      double rate = bestRate(loop.operations() * threads, rounds -> run(threads, unit -> loop.run(rounds)));
      compute.add(new Peaks.Compute(loop.unit(), loop.type(), threads, rate));
    }
  }

  private List<PeakLoops.Products> loops() {
    List<PeakLoops.Products> loops = new ArrayList<>();
    loops.add(PeakLoops.floats(isa));
    ByteProducts.best().filter(products -> !products.widened()).map(PeakLoops::bytes).ifPresent(loops::add);
    if (MatrixUnit.unavailable().isEmpty()) {
      loops.add(PeakLoops.tiles());
    }
    return loops;
  }

  private void measureMemory(int threads) {
    long inner = 0;
    for (CacheLevel level : CacheLevel.ofThisMachine()) {
      long share = level.share(threads);
      if (share > 2 * inner) {
        long block = Math.min(share / 2, Math.max(inner * 4, share / 8));
        addMemory("L" + level.level(), share, threads, inner == 0 ? share / 2 : block);
        inner = share;
      }
    }
    addMemory("memory", Long.MAX_VALUE, threads, Math.min(4 * inner, LARGEST_BLOCK / threads));
  }

  private void addMemory(String level, long capacity, int threads, long block) {
    PeakLoops.Reads reads = PeakLoops.reads(isa);
    long bytes = block / reads.step() * reads.step();
    try (Arena arena = Arena.ofShared()) {
      long address = AddressSpace.address(
          arena.allocate(bytes * threads, SplitFormat.ROW_BYTES).fill((byte) 1), bytes * threads, "block");
      double rate = bestRate(
          (double) bytes * threads,
          rounds -> run(threads, unit -> reads.run(rounds, address + unit * bytes, bytes)));
      memory.add(new Peaks.Memory(level, capacity, threads, rate));
    }
  }

  /** One unit for each thread. */
  private void run(int threads, LongConsumer unit) {
    pool.run(threads, (index, worker) -> unit.accept(index));
  }

  /** Of a loop that does {@code amount} in a round, a second. */
  private static double bestRate(double amount, LongConsumer loop) {
    long rounds = 1;
    while (bestNanos(loop, rounds, SAMPLES_TO_CALIBRATE) < SAMPLE_NANOS) {
      rounds *= 2;
    }
    return amount * rounds * 1e9 / bestNanos(loop, rounds, SAMPLES);
  }

  /** Of the sample that was disturbed least. */
  private static long bestNanos(LongConsumer loop, long rounds, int samples) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < samples; i++) {
      best = Math.min(best, nanos(loop, rounds));
    }
    return best;
  }

  private static long nanos(LongConsumer loop, long rounds) {
    long start = System.nanoTime();
    loop.accept(rounds);
    return System.nanoTime() - start;
  }

  private double launchNanos() {
    int units = pool.threads();
    return 1e9 / bestRate(LAUNCHES, rounds -> {
      for (long i = 0; i < rounds * LAUNCHES; i++) {
        pool.run(units, (unit, worker) -> {});
      }
    });
  }
}
