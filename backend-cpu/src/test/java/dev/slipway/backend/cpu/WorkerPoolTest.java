package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void runsEveryUnitOnce(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int call = 0; call < 20_000; call++) {
        int units = call % 17;
        AtomicIntegerArray runs = new AtomicIntegerArray(units + 1);
        pool.run(units, (unit, worker) -> {
          assertThat(worker).isBetween(0, threads - 1);
          runs.incrementAndGet(unit);
        });
        for (int unit = 0; unit < units; unit++) {
          assertThat(runs.get(unit)).as("call %d, unit %d", call, unit).isEqualTo(1);
        }
        if (call % 500 == 0) {
          LockSupport.parkNanos(5_000_000);
        }
      }
    }
  }

  @Test
  void runsEveryUnitOnceForSeveralCallers() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(3)) {
      AtomicInteger wrong = new AtomicInteger();
      Thread[] callers = new Thread[3];
      for (int caller = 0; caller < callers.length; caller++) {
        callers[caller] = new Thread(() -> {
          for (int call = 0; call < 20_000; call++) {
            int units = 2 + call % 9;
            AtomicIntegerArray runs = new AtomicIntegerArray(units);
            pool.beginRun();
            pool.run(units, (unit, worker) -> runs.incrementAndGet(unit));
            pool.endRun();
            for (int unit = 0; unit < units; unit++) {
              wrong.addAndGet(runs.get(unit) == 1 ? 0 : 1);
            }
          }
        });
        callers[caller].start();
      }
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(wrong).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 16})
  void callsInsideOfAUnitRunOnItsThread(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int call = 0; call < 200; call++) {
        AtomicInteger runs = new AtomicInteger();
        pool.run(threads, (outer, _) -> {
          Thread own = Thread.currentThread();
          pool.run(5, (unit, worker) -> {
            assertThat(worker).isZero();
            assertThat(Thread.currentThread()).isSameAs(own);
            runs.incrementAndGet();
          });
        });
        assertThat(runs).hasValue(5 * threads);
      }
    }
  }

  @Test
  void leavesTheWorkersAloneWhileAsManyRunsAsThreadsAreInProgress() {
    try (WorkerPool pool = new WorkerPool(2)) {
      pool.beginRun();
      pool.beginRun();
      for (int call = 0; call < 1000; call++) {
        pool.run(8, (unit, worker) -> assertThat(worker).isZero());
      }
      pool.endRun();
      pool.endRun();
    }
  }

  @Test
  void passesOnWhatAUnitThrows() {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicIntegerArray runs = new AtomicIntegerArray(8);
      assertThatThrownBy(() -> pool.run(8, (unit, worker) -> {
        runs.incrementAndGet(unit);
        if (unit == 5) {
          throw new IllegalStateException("unit 5");
        }
      })).isInstanceOf(IllegalStateException.class).hasMessage("unit 5");
      for (int unit = 0; unit < 8; unit++) {
        assertThat(runs.get(unit)).isEqualTo(1);
      }
    }
  }

  @Test
  void runsAgainAfterAUnitThrew() {
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int call = 0; call < 2_000; call++) {
        int failing = call % 9;
        assertThatThrownBy(() -> pool.run(9, (unit, worker) -> {
          if (unit == failing) {
            throw new IllegalStateException("unit " + unit);
          }
        })).hasMessage("unit " + failing);
        AtomicInteger runs = new AtomicInteger();
        pool.run(9, (unit, worker) -> runs.incrementAndGet());
        assertThat(runs).hasValue(9);
      }
    }
  }

  @Test
  void runsCallsOfAUnitOnItsThread() {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicIntegerArray runs = new AtomicIntegerArray(8 * 5);
      pool.run(8, (outer, worker) -> {
        Thread thread = Thread.currentThread();
        pool.run(5, (inner, nested) -> {
          assertThat(Thread.currentThread()).isSameAs(thread);
          runs.incrementAndGet(outer * 5 + inner);
        });
      });
      for (int unit = 0; unit < runs.length(); unit++) {
        assertThat(runs.get(unit)).isEqualTo(1);
      }
    }
  }

  @Test
  void endsTheCallInProgressWhenClosed() {
    for (int round = 0; round < 200; round++) {
      WorkerPool pool = new WorkerPool(3);
      AtomicInteger runs = new AtomicInteger();
      pool.run(50, (unit, worker) -> {
        if (unit == 10) {
          pool.close();
        }
        runs.incrementAndGet();
      });
      assertThat(runs).hasValue(50);
    }
  }

  @Test
  void startsEachThreadWithItsPartOfTheUnits() {
    try (WorkerPool pool = new WorkerPool(2)) {
      CountDownLatch started = new CountDownLatch(2);
      AtomicIntegerArray first = new AtomicIntegerArray(new int[] {-1, -1});
      pool.run(8, (unit, worker) -> {
        if (first.compareAndSet(worker, -1, unit)) {
          started.countDown();
        }
        await(started);
      });
      assertThat(first.get(0)).isEqualTo(0);
      assertThat(first.get(1)).isEqualTo(4);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void refusesWorkOnceClosed() {
    WorkerPool pool = new WorkerPool(2);
    pool.close();
    assertThatThrownBy(() -> pool.run(2, (unit, worker) -> {}))
        .hasMessage("worker pool: closed (expected: open)");
  }

  @Test
  void needsAThread() {
    assertThatThrownBy(() -> new WorkerPool(0)).hasMessage("threads: 0 (expected: >= 1)");
  }
}
