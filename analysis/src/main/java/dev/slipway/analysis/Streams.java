package dev.slipway.analysis;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/** Threads that run one engine at once, or one on each device, each thread with a context of its own. */
final class Streams {
  private Streams() {}

  /** What one of them does. */
  @FunctionalInterface
  interface Work<T> {
    /** Warms up; what it gives measures, when all have warmed up. */
    Supplier<T> warmUp(ExecutionContext context);
  }

  /** The inputs in memory that the context reads in place. */
  static Map<String, Datum> inContext(ExecutionContext context, Map<String, Datum> inputs) {
    Map<String, Datum> own = new LinkedHashMap<>(inputs);
    own.replaceAll((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        return value;
      }
      Tensor placed = context.allocate(tensor.type());
      placed.copyFrom(tensor);
      return placed;
    });
    return own;
  }

  /** What each thread gave, in their order. */
  static <T> List<T> run(Engine engine, int streams, Work<T> work) {
    return run(List.of(engine), streams, work);
  }

  /**
   * What each thread gave, those of the first engine first.
   *
   * @param streams of each engine
   */
  static <T> List<T> run(List<Engine> engines, int streams, Work<T> work) {
    int all = engines.size() * streams;
    CyclicBarrier start = new CyclicBarrier(all);
    try (ExecutorService threads = Executors.newFixedThreadPool(all)) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < all; i++) {
        Engine engine = engines.get(i / streams);
        futures.add(threads.submit(() -> {
          try (ExecutionContext context = engine.newContext()) {
            Supplier<T> measurement = work.warmUp(context);
            start.await();
            return measurement.get();
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
