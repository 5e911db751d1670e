package dev.slipway.runtime;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Contexts for threads to borrow, on one device or on several that take turns: an engine for each device, and of those
 * contexts that are idle the one that has been so for the longest. Thread-safe.
 *
 * <pre>{@code
 * try (ContextPool pool = ContextPool.load(plan, EngineOptions.defaults(), List.of(0, 1), 2)) {
 *   Map<String, Tensor> scores = pool.run(inputs);      // by any number of threads
 * }
 * }</pre>
 *
 * <p>A device of the kind that the plan was built for runs what was tuned; another runs the portable graph
 * ({@link Engine#isTuned()} tells).
 */
public final class ContextPool implements AutoCloseable {
  private final List<Engine> engines;
  private final int size;
  private final Deque<ExecutionContext> idle = new ArrayDeque<>();
  private boolean closed;

  private ContextPool(List<Engine> engines, int contextsEach) {
    this.engines = List.copyOf(engines);
    this.size = engines.size() * contextsEach;
    for (int i = 0; i < contextsEach; i++) {
      for (Engine engine : engines) {
        idle.addLast(engine.newContext());
      }
    }
  }

  /**
   * Loads a plan once for each device.
   *
   * @param ordinals which devices of the backend
   * @param contextsEach contexts on each device: how many runs are on their way there at most. On a GPU the copies of
   *     one go on beside the kernels of another
   * @throws SlipwayException as {@link Engine#load(Path, EngineOptions)} does, and where a device is not there
   */
  public static ContextPool load(Path plan, EngineOptions options, List<Integer> ordinals, int contextsEach) {
    List<Engine> engines = new ArrayList<>();
    try {
      for (int ordinal : ordinals) {
        engines.add(Engine.load(plan, options.withOrdinal(ordinal)));
      }
      return of(engines, contextsEach);
    } catch (RuntimeException e) {
      engines.forEach(Engine::close);
      throw e;
    }
  }

  /** A pool on engines of the same plan, which it closes. */
  public static ContextPool of(List<Engine> engines, int contextsEach) {
    if (engines.isEmpty() || contextsEach < 1) {
      throw new SlipwayException("context pool: " + contextsEach + " contexts on each of " + engines.size()
          + " devices (expected: 1 at least on 1 at least)");
    }
    return new ContextPool(engines, contextsEach);
  }

  /** One for each device. */
  public List<Engine> engines() {
    return engines;
  }

  /** Contexts on all devices. */
  public int size() {
    return size;
  }

  /**
   * Runs the model on whichever device is next; waits where all contexts are in use.
   *
   * @return the outputs by name, in memory of the garbage collector
   * @throws SlipwayException for inputs that the engine does not take
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return use(context -> {
      Map<String, Tensor> outputs = new LinkedHashMap<>(context.run(inputs));
      outputs.replaceAll((name, output) -> output.copy(Arena.ofAuto()));
      return outputs;
    });
  }

  /**
   * Lends a context; waits where all are in use.
   *
   * @param work must not keep the context, nor outputs in memory of it
   * @throws IllegalStateException where the pool is closed
   */
  public <T> T use(Function<ExecutionContext, T> work) {
    ExecutionContext context = take();
    try {
      return work.apply(context);
    } finally {
      giveBack(context);
    }
  }

  private ExecutionContext take() {
    boolean interrupted = false;
    try {
      synchronized (idle) {
        while (idle.isEmpty() && !closed) {
          interrupted |= isInterruptedWaiting();
        }
        if (closed) {
          throw new IllegalStateException("context pool is closed");
        }
        return idle.removeFirst();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for a change of what is idle. */
  private boolean isInterruptedWaiting() {
    try {
      idle.wait();
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  private void giveBack(ExecutionContext context) {
    synchronized (idle) {
      idle.addLast(context);
      idle.notifyAll();
    }
  }

  /** Waits for contexts that are in use, then closes them and the engines. Closing again does nothing. */
  @Override
  public void close() {
    boolean interrupted = false;
    synchronized (idle) {
      if (closed) {
        return;
      }
      closed = true;
      idle.notifyAll();
      while (idle.size() < size) {
        interrupted |= isInterruptedWaiting();
      }
    }
    idle.forEach(ExecutionContext::close);
    engines.forEach(Engine::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
