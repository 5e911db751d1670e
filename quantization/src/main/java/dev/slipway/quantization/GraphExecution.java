package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.Map;

/** A graph that can be run, whatever runs it: an engine, another runtime, the reference. For one thread at a time. */
@FunctionalInterface
public interface GraphExecution extends AutoCloseable {

  /**
   * Runs the graph.
   *
   * @return the outputs by name; their memory stays valid until the next run or {@link #close()}
   */
  Map<String, Tensor> run(Map<String, Tensor> inputs);

  @Override
  default void close() {}
}
