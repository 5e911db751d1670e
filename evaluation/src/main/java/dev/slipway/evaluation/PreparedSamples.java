package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.ValueType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The items of a data set, read and prepared ahead of their use; a few for each worker are in memory at once. */
record PreparedSamples(Dataset dataset, InputProcessing processing, Map<String, ValueType> inputs, int workers)
    implements Samples {
  static final int DEFAULT_WORKERS = 1;
  private static final int AHEAD_OF_EACH_WORKER = 3;

  PreparedSamples {
    if (workers < 0) {
      throw new SlipwayException("workers: " + workers + " (expected: >= 0)");
    }
  }

  @Override
  public int size() {
    return Math.multiplyExact(dataset.size(), processing.samplesPerItem());
  }

  @Override
  public Stream<Sample> stream() {
    if (workers == 0) {
      return IntStream.range(0, dataset.size()).boxed().flatMap(index -> prepare(index).stream());
    }
    Spliterator<List<Sample>> ahead =
        Spliterators.spliterator(new Ahead(), dataset.size(), Spliterator.ORDERED | Spliterator.NONNULL);
    return StreamSupport.stream(ahead, false).flatMap(List::stream);
  }

  private List<Sample> prepare(int index) {
    return processing.prepare(dataset.item(index), inputs);
  }

  /** Keeps a window of items in preparation; its virtual threads end with it. */
  private final class Ahead implements Iterator<List<Sample>> {
    private final Deque<FutureTask<List<Sample>>> window = new ArrayDeque<>();
    private final Semaphore permits = new Semaphore(workers);
    private int next;

    @Override
    public boolean hasNext() {
      return !window.isEmpty() || next < dataset.size();
    }

    @Override
    public List<Sample> next() {
      while (next < dataset.size() && window.size() < (long) workers * AHEAD_OF_EACH_WORKER) {
        window.add(start(next++));
      }
      if (window.isEmpty()) {
        throw new NoSuchElementException();
      }
      return result(window.remove());
    }

    private FutureTask<List<Sample>> start(int index) {
      FutureTask<List<Sample>> task = new FutureTask<>(() -> {
        permits.acquire();
        try {
          return prepare(index);
        } finally {
          permits.release();
        }
      });
      Thread.ofVirtual().name("slipway-samples").start(task);
      return task;
    }

    private static List<Sample> result(FutureTask<List<Sample>> task) {
      try {
        return task.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        if (e.getCause() instanceof Error failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SlipwayException("interrupted while samples were prepared", e);
      }
    }
  }
}
