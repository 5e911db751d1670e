package dev.slipway.backend.cpu;

/** Items cut into units of work of nearly the same size. */
record Chunks(int items, int units) {
  /** A delayed thread leaves its units to the others. */
  private static final int UNITS_PER_THREAD = 4;

  /** Nanoseconds below which a unit costs more to hand over than it saves. */
  private static final double UNIT_NANOS = 1_500;

  /** Nanoseconds below which a handover costs more than threads gain, though their parts may lie in their caches. */
  private static final double SHARED_NANOS = 3_000;

  /** Units for a pool: few enough that each is worth handing over. */
  static Chunks of(int items, double nanosPerItem, WorkerPool pool) {
    return new Chunks(items, Math.min(items, wanted(items * nanosPerItem, pool.threads())));
  }

  /** How many units to cut work into that one thread does in so many nanoseconds: as many for each thread, or one. */
  static int wanted(double nanos, int threads) {
    if (threads == 1 || nanos < SHARED_NANOS) {
      return 1;
    }
    int units = (int) Math.min(nanos / UNIT_NANOS, threads * UNITS_PER_THREAD);
    return units < threads ? units : units - units % threads;
  }

  int from(int unit) {
    return (int) ((long) items * unit / units);
  }

  int to(int unit) {
    return from(unit + 1);
  }
}
