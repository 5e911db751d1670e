package dev.slipway.runtime;

import java.util.List;

/**
 * How the planned workspace of a context is used over a run. Values that lie in the caller's inputs and outputs,
 * weights, and values whose shapes depend on data are not in it.
 *
 * @param bytes of the whole workspace
 * @param steps in the order in which they run
 */
public record WorkspaceUse(long bytes, List<AtStep> steps) {

  /**
   * A step.
   *
   * @param node the node that it computes
   * @param bytes of values and scratch memory that are alive then
   */
  public record AtStep(String node, long bytes) {}

  public WorkspaceUse {
    steps = List.copyOf(steps);
  }
}
