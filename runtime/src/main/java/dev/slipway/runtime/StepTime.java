package dev.slipway.runtime;

/**
 * How long one step of a run took.
 *
 * @param start nanoseconds since the run began
 */
public record StepTime(StepWork work, long start, long nanos) {

  /** The node that it computes. */
  public String node() {
    return work.node();
  }

  /** The operator; of a fused group the one that is not elementwise, where it has one. */
  public String op() {
    return work.op();
  }

  /** What made its kernel; {@code reference} or {@code copy} where none did. */
  public String tactic() {
    return work.tactic();
  }

  /** Why no kernel was found, or empty. */
  public String note() {
    return work.note();
  }

  /** Shapes of the inputs and outputs, {@code 1x64x56x56, 64x64x3x3 -> 1x64x56x56}. */
  public String shapes() {
    return work.shapes();
  }

  /** Arithmetic operations of the algorithm, a multiply-add counting two. */
  public long flops() {
    return work.executedFlops();
  }
}
