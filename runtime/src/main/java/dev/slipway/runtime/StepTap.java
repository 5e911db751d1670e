package dev.slipway.runtime;

import dev.slipway.tensor.Datum;
import java.util.List;
import java.util.Optional;

/** Sees what each step of a run has computed, before the next one runs. */
@FunctionalInterface
public interface StepTap {

  /**
   * Called after a step.
   *
   * @param node the node of the engine's graph that it computed
   * @param outputs one for each output of the node, in the layouts that the engine uses; empty where nobody reads it.
   *     Their memory is valid during the call
   */
  void step(String node, List<Optional<Datum>> outputs);
}
