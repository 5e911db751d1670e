package dev.slipway.backend.cpu;

import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that share out small work units; the calling thread works too.
 *
 * <p>Each thread has a range of a call's units, the same part of the work in every call: where neighbouring steps cut
 * their work alike, a core finds in its own cache what it wrote a step before, which is several times as fast as to
 * fetch it from another's. A thread claims the units of its range one by one, then those that others have left: if its
 * core is taken away, that delays one unit and not a share of the work.
 *
 * <p>An idle worker spins for some tens of microseconds, while a run is in progress for some hundreds, so that a step
 * that does not share its work out costs the next one no wake-up; then it yields, then it parks.
 *
 * <p>Calls never wait for each other: one that finds the pool taken runs all of its units itself, and so do all calls
 * while as many runs as there are threads are in progress, which makes the throughput of several contexts scale.
 */
final class WorkerPool implements AutoCloseable {
  /** One unit of work. */
  @FunctionalInterface
  interface Work {
    /**
     * @param unit index of the unit
     * @param worker index of the thread that runs it, 0 to {@link #threads} - 1: selects per-thread scratch memory
     */
    void run(int unit, int worker);
  }

  /** A spin is a pause of the processor, 20 to 70 ns. */
  private static final int SPINS = 1_000;

  private static final int SPINS_IN_RUN = 3_000;
  private static final int YIELDS = 100;
  private static final int YIELDS_IN_RUN = 300;

  /** In {@link #shared}: generation of the last call that has begun in the upper half, its units in the lower. */
  private static final int CALL = 0;

  /** In {@link #shared}: units that the workers have done, of all calls. */
  private static final int DONE = 1;

  /** In {@link #shared}: 1 while a call is in progress. */
  private static final int TAKEN = 2;

  /** In {@link #shared}: runs in progress. */
  private static final int RUNS = 3;

  /**
   * In {@link #shared}: for each thread the generation of a call in the upper half, in the lower how many units of the
   * thread's range were claimed in it. A call ends when all units of all ranges are claimed and done, so an older
   * generation says that the one asked for is in progress and nobody has claimed from this range.
   */
  private static final int CLAIMS = 4;

  private final Worker[] workers;
  private final SpacedLongs shared;
  /** What the workers will have done at the end of the call in progress. */
  private long expected;
  /** Of the call in progress; a worker may read it while it has a unit that it claimed. */
  private Work work = (unit, worker) -> {};
  private volatile Throwable failure;
  private volatile boolean closed;

  /**
   * @param threads threads that work on a call, the caller included
   */
  WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + " (expected: >= 1)");
    }
    shared = new SpacedLongs(CLAIMS + threads);
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
    }
    for (Worker worker : workers) {
      worker.start();
    }
  }

  /** Threads that work on a call, the caller included. */
  int threads() {
    return workers.length + 1;
  }

  /** A run of several calls begins; {@link #endRun} ends it. */
  void beginRun() {
    shared.add(RUNS, 1);
  }

  void endRun() {
    shared.add(RUNS, -1);
  }

  /**
   * Runs units 0 to {@code count} - 1, in any order and on any thread, and returns when all are done. Neighbouring
   * units most likely run on the same thread.
   *
   * @throws RuntimeException or Error, what a unit threw
   */
  void run(int count, Work body) {
    if (count <= 1 || workers.length == 0 || shared.get(RUNS) >= threads() || !shared.compareAndSet(TAKEN, 0, 1)) {
      runAlone(count, body);
      return;
    }
    try {
      runShared(count, body);
    } finally {
      shared.set(TAKEN, 0);
    }
  }

  private static void runAlone(int count, Work body) {
    for (int unit = 0; unit < count; unit++) {
      body.run(unit, 0);
    }
  }

  private void runShared(int count, Work body) {
    if (closed) {
      throw new IllegalStateException("worker pool: closed (expected: open)");
    }
    work = body;
    long call = call(generation(shared.get(CALL)) + 1, count);
    shared.set(CALL, call);
    for (Worker worker : workers) {
      if (begin(call, worker.index) < begin(call, worker.index + 1)) {
        worker.wake();
      }
    }
    expected += count - drain(call, 0);
    for (int idle = 0; shared.get(DONE) != expected; idle++) {
      if (idle < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    if (failure != null) {
      rethrow();
    }
  }

  private static long call(int generation, int units) {
    return (long) generation << Integer.SIZE | units;
  }

  private static int generation(long call) {
    return (int) (call >>> Integer.SIZE);
  }

  /** Claims and runs units of one call until none is left; gives their number. */
  private int drain(long call, int worker) {
    int done = 0;
    for (int i = 0; i < threads(); i++) {
      int range = (worker + i) % threads();
      int begin = begin(call, range);
      int length = begin(call, range + 1) - begin;
      for (int next = claim(call, range, length); next < length; next = claim(call, range, length)) {
        run(begin + next, worker);
        done++;
      }
    }
    return done;
  }

  /** The first unit of a range. The caller's range, which starts first, is none of the shorter ones. */
  private int begin(long call, int range) {
    return (int) Math.ceilDiv((long) (int) call * range, threads());
  }

  /** The next unit of a range, from its first on; {@code length} where none is left. */
  private int claim(long call, int range, int length) {
    while (true) {
      long seen = shared.get(CLAIMS + range);
      int age = generation(call) - generation(seen);
      int next = age == 0 ? (int) seen : 0;
      if (age < 0 || next >= length) {
        return length;
      }
      if (shared.compareAndSet(CLAIMS + range, seen, call(generation(call), next + 1))) {
        return next;
      }
    }
  }

  private void run(int unit, int worker) {
    try {
      work.run(unit, worker);
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  private void rethrow() {
    Throwable thrown = failure;
    failure = null;
    switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new AssertionError(thrown);
    }
  }

  /** Whether a run is in progress whose calls this pool's workers would share. */
  private boolean isHelpLikely() {
    long running = shared.get(RUNS);
    return running > 0 && running < threads();
  }

  /** Ends the threads after the call in progress. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
  }

  private final class Worker {
    private final int index;
    private final Thread thread;
    private volatile boolean parked;

    Worker(int index) {
      this.index = index;
      thread = Thread.ofPlatform().daemon().name("slipway-cpu-" + index).unstarted(this::serve);
    }

    void start() {
      thread.start();
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(thread);
      }
    }

    private void serve() {
      long served = 0;
      int idle = 0;
      while (!closed) {
        long call = shared.get(CALL);
        if (call != served) {
          int done = drain(call, index);
          if (done > 0) {
            shared.add(DONE, done);
          }
          served = call;
          idle = 0;
        } else if (idle < spins()) {
          idle++;
          Thread.onSpinWait();
        } else if (idle < spins() + yields()) {
          idle++;
          Thread.yield();
        } else {
          park(served);
        }
      }
    }

    private int spins() {
      return isHelpLikely() ? SPINS_IN_RUN : SPINS;
    }

    private int yields() {
      return isHelpLikely() ? YIELDS_IN_RUN : YIELDS;
    }

    private void park(long served) {
      parked = true;
      if (shared.get(CALL) == served && !closed) {
        LockSupport.park(WorkerPool.this);
      }
      parked = false;
    }
  }
}
