package dev.slipway.runtime;

import dev.slipway.tensor.Tensor;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs what is enqueued, one after the other, while the caller goes on. A stream is a thread; on a GPU each context has
 * a stream of the device too, so that two streams with a context each copy and compute at the same time. Thread-safe.
 *
 * <pre>{@code
 * try (Stream stream = new Stream()) {
 *   CompletableFuture<Map<String, Tensor>> scores = stream.enqueue(context, inputs, outputs);
 *   ...
 *   scores.join();
 * }
 * }</pre>
 */
public final class Stream implements AutoCloseable {
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("slipway-stream-", 0).factory());

  /**
   * Enqueues a run; context and tensors must stay untouched until it has ended.
   *
   * @param outputs as in {@link ExecutionContext#run(Map, Map)}
   * @return completed with the run's results, or with what it threw
   */
  public CompletableFuture<Map<String, Tensor>> enqueue(
      ExecutionContext context, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    Map<String, Tensor> in = Map.copyOf(inputs);
    Map<String, Tensor> out = Map.copyOf(outputs);
    return CompletableFuture.supplyAsync(() -> context.run(in, out), thread);
  }

  /** An event that happens when all that was enqueued before has ended. */
  public Event record() {
    return new Event(CompletableFuture.runAsync(() -> {}, thread));
  }

  /** Lets everything that is enqueued from now on wait for an event, of another stream as a rule. */
  public void await(Event event) {
    thread.execute(event::synchronize);
  }

  /** Waits until all that was enqueued has ended. */
  public void synchronize() {
    record().synchronize();
  }

  /** Waits for what was enqueued, then ends the thread. */
  @Override
  public void close() {
    thread.close();
  }

  /** A point in the work of a stream. Thread-safe. */
  public static final class Event {
    private final CompletableFuture<Void> reached;
    private final CompletableFuture<Long> time;

    private Event(CompletableFuture<Void> reached) {
      this.reached = reached;
      this.time = reached.thenApply(done -> System.nanoTime());
    }

    public boolean isDone() {
      return reached.isDone();
    }

    /** Waits for it. */
    public void synchronize() {
      try {
        reached.join();
      } catch (CompletionException e) {
        throw new IllegalStateException("stream ended before the event", e);
      }
    }

    /** Milliseconds from an earlier event to this one; waits for both. */
    public double millisSince(Event earlier) {
      return (time.join() - earlier.time.join()) / 1e6;
    }
  }
}
