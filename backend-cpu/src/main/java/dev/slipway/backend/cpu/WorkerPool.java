package dev.slipway.backend.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that share out small work units; the calling thread works too.
 *
 * <p>Units are claimed one by one from a counter, so a thread whose core is taken away delays one unit, not a fixed
 * share of the work. An idle worker spins for some tens of microseconds, while a run is in progress for some hundreds,
 * so that a step that does not share its work out costs the next one no wake-up; then it yields, then it parks. A call
 * allocates nothing.
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
  private static final VarHandle TICKET;
  private static final VarHandle PENDING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TICKET = lookup.findVarHandle(WorkerPool.class, "ticket", long.class);
      PENDING = lookup.findVarHandle(WorkerPool.class, "pending", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Worker[] workers;
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicBoolean taken = new AtomicBoolean();
  private Work work = (unit, worker) -> {};
  private int units;

  /**
   * Generation of the call in the upper half, units that nobody has claimed yet in the lower. Being one word, a worker
   * that is late from an earlier call cannot claim a unit of this one; and as long as a claimed unit runs, {@link #work}
   * and {@link #units} stay those of its call.
   */
  private volatile long ticket;

  private volatile int pending;
  private volatile Throwable failure;
  private volatile boolean closed;

  /**
   * @param threads threads that work on a call, the caller included
   */
  WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + " (expected: >= 1)");
    }
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
    runs.getAndIncrement();
  }

  void endRun() {
    runs.getAndDecrement();
  }

  /**
   * Runs units 0 to {@code count} - 1, in any order and on any thread, and returns when all are done.
   *
   * @throws RuntimeException or Error, what a unit threw
   */
  void run(int count, Work body) {
    if (count <= 1 || workers.length == 0 || runs.get() >= threads() || !taken.compareAndSet(false, true)) {
      runAlone(count, body);
      return;
    }
    try {
      runShared(count, body);
    } finally {
      taken.set(false);
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
    units = count;
    PENDING.setOpaque(this, count);
    failure = null;
    int generation = (int) (ticket >>> Integer.SIZE) + 1;
    ticket = (long) generation << Integer.SIZE | count;
    int helpers = Math.min(workers.length, count - 1);
    for (int i = 0; i < helpers; i++) {
      workers[i].wake();
    }
    drain(generation, 0);
    for (int idle = 0; pending > 0; idle++) {
      if (idle < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    rethrow(failure);
  }

  /** Claims and runs units of one call until none is left. */
  private void drain(int generation, int worker) {
    int done = 0;
    while (true) {
      long seen = ticket;
      if ((int) (seen >>> Integer.SIZE) != generation || (int) seen == 0) {
        break;
      }
      if (!TICKET.compareAndSet(this, seen, seen - 1)) {
        continue;
      }
      done++;
      try {
        work.run(units - (int) seen, worker);
      } catch (RuntimeException | Error e) {
        failure = e;
      }
    }
    if (done > 0) {
      PENDING.getAndAdd(this, -done);
    }
  }

  /** Whether a run is in progress whose calls this pool's workers would share. */
  private boolean isHelpLikely() {
    int running = runs.get();
    return running > 0 && running < threads();
  }

  private static void rethrow(Throwable failure) {
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {}
    }
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
      int done = 0;
      int idle = 0;
      while (!closed) {
        int generation = (int) (ticket >>> Integer.SIZE);
        if (generation != done) {
          drain(generation, index);
          done = generation;
          idle = 0;
        } else if (idle < spins()) {
          idle++;
          Thread.onSpinWait();
        } else if (idle < spins() + yields()) {
          idle++;
          Thread.yield();
        } else {
          park(done);
        }
      }
    }

    private int spins() {
      return isHelpLikely() ? SPINS_IN_RUN : SPINS;
    }

    private int yields() {
      return isHelpLikely() ? YIELDS_IN_RUN : YIELDS;
    }

    private void park(int done) {
      parked = true;
      if ((int) (ticket >>> Integer.SIZE) == done && !closed) {
        LockSupport.park(WorkerPool.this);
      }
      parked = false;
    }
  }
}
