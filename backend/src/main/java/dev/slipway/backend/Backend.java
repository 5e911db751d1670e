package dev.slipway.backend;

import dev.slipway.graph.Op;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * A device and the ways to make kernels for it. Thread-safe. An operator without a tactic that takes it runs through
 * its reference evaluation.
 */
public interface Backend extends AutoCloseable {

  String name();

  Device device();

  /** In order of preference where nothing was measured. */
  List<Tactic> tactics();

  /**
   * The blocked layout in which this backend likes to compute an operator on activations of these types, given and
   * produced; empty where it takes them contiguous.
   *
   * @param in types of all inputs that are present, logical shapes
   */
  default Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    return Optional.empty();
  }

  /** Whether kernels may be faster outside of the preferred layout, so that full tuning compares both. */
  default boolean mixesLayouts() {
    return true;
  }

  /** Names of operators that this backend computes faster whole than as the simpler operators they stand for. */
  default Set<String> compositeOperators() {
    return Set.of();
  }

  /**
   * Measures what one thread and all of this backend's threads reach: arithmetic on registers, reading of every level
   * of memory. Takes some seconds, in which the machine should have nothing else to do. Empty where the backend
   * cannot tell.
   */
  default Optional<Peaks> measurePeaks() {
    return Optional.empty();
  }

  /** What is made for kernels and plans keep; empty where making it takes no time that would count. */
  default Optional<Artifacts> artifacts() {
    return Optional.empty();
  }

  /** Floating-point types that kernels compute in; graphs in others of 16 bits are widened to float32. */
  default Set<DType> floatTypes() {
    return Set.of(DType.FLOAT32);
  }

  /** Whether tactics have {@link Tactic#roundedChoices}. */
  default boolean hasTensorFloat32() {
    return false;
  }

  /**
   * A queue of the device where it has memory of its own: kernels are {@link DeviceKernel}s then. The caller closes it
   * before the backend. Empty where kernels work on the memory of the host.
   */
  default Optional<DeviceQueue> newQueue() {
    return Optional.empty();
  }

  /**
   * A run of kernels begins on the calling thread; {@link #endRun} ends it, also where it fails. In between the
   * backend's threads may stay awake, and several runs at once share the machine instead of waiting for each other.
   */
  default void beginRun() {}

  default void endRun() {}

  /** Threads that share the work of a kernel. */
  default int threads() {
    return 1;
  }

  /**
   * Runs tasks that do not depend on each other, during a run, on as many threads as there are free; returns when all
   * are done. Kernels that a task runs do not share their work with other threads.
   *
   * @param task given numbers from 0 to {@code count} - 1
   */
  default void runTogether(int count, IntConsumer task) {
    for (int i = 0; i < count; i++) {
      task.accept(i);
    }
  }

  /** Ends the backend's threads and frees its memory; kernels must not run any more. */
  @Override
  void close();
}
