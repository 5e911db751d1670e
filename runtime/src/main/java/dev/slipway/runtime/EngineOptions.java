package dev.slipway.runtime;

import dev.slipway.backend.BackendOptions;

/**
 * How to load an engine.
 *
 * @param backend the backend's name; empty for the one that the plan was built for, or the CPU
 * @param threads threads that work on one run, the calling thread included
 * @param ordinal which of several devices
 */
public record EngineOptions(String backend, int threads, int ordinal) {

  /** As many threads as the machine has processors, on the plan's own backend. */
  public static EngineOptions defaults() {
    return new EngineOptions("", Runtime.getRuntime().availableProcessors(), 0);
  }

  public EngineOptions withBackend(String name) {
    return new EngineOptions(name, threads, ordinal);
  }

  public EngineOptions withThreads(int count) {
    return new EngineOptions(backend, count, ordinal);
  }

  public EngineOptions withOrdinal(int device) {
    return new EngineOptions(backend, threads, device);
  }

  BackendOptions backendOptions() {
    return new BackendOptions(threads, ordinal);
  }
}
