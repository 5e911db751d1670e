package dev.slipway.backend.cpu;

/** Items cut into units of work of nearly the same size. */
record Chunks(int items, int units) {
  private static final int UNITS_PER_THREAD = 4;

  /** Nanoseconds below which a unit costs more to hand over than it saves. */
  private static final double UNIT_NANOS = 5000;

  /** Units for a pool: few enough that each is worth handing over. */
  static Chunks of(int items, double nanosPerItem, WorkerPool pool) {
    if (pool.threads() == 1) {
      return new Chunks(items, Math.min(items, 1));
    }
    double worth = Math.min(items * nanosPerItem / UNIT_NANOS, pool.threads() * UNITS_PER_THREAD);
    return new Chunks(items, Math.min(items, Math.max(1, (int) worth)));
  }

  int from(int unit) {
    return (int) ((long) items * unit / units);
  }

  int to(int unit) {
    return from(unit + 1);
  }
}
