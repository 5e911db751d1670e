package dev.slipway.analysis;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that run one engine at once, each with a context of its own. */
final class Streams {
  private Streams() {}

  /** What one of them does. */
  interface Work<T> {
    void warmUp(ExecutionContext context);

    /** Begins when all have warmed up. */
    T measure(ExecutionContext context);
  }

  /** What each thread gave, in their order. */
  static <T> List<T> run(Engine engine, int streams, Work<T> work) {
    CyclicBarrier start = new CyclicBarrier(streams);
    try (ExecutorService threads = Executors.newFixedThreadPool(streams)) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        futures.add(threads.submit(() -> {
          try (ExecutionContext context = engine.newContext()) {
            work.warmUp(context);
            start.await();
            return work.measure(context);
          } catch (RuntimeException | Error e) {
            start.reset();
            throw e;
          }
        }));
      }
      return collect(futures);
    }
  }

  private static <T> List<T> collect(List<Future<T>> futures) {
    List<T> results = new ArrayList<>();
    RuntimeException failure = null;
    for (Future<T> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        boolean isConsequence = e.getCause() instanceof BrokenBarrierException;
        if (failure == null || !isConsequence) {
          failure = e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
    return results;
  }
}
