package dev.slipway.runtime;

/**
 * How long one step of a run took.
 *
 * @param node the node that it computes
 * @param op the operator, or what a fused group begins with
 * @param tactic what made its kernel; {@code reference} or {@code copy} where none did
 * @param note why no kernel was found, or empty
 */
public record StepTime(String node, String op, String tactic, String note, long nanos) {

  static StepTime of(Step step, long nanos) {
    return switch (step) {
      case Step.Launch launch ->
          new StepTime(launch.name(), launch.op().schema().name(), launch.tactic().name(), "", nanos);
      case Step.Evaluate evaluate ->
          new StepTime(evaluate.name(), evaluate.op().schema().name(), "reference", evaluate.reason(), nanos);
      case Step.Copy copy -> new StepTime(copy.name(), "Concat", "copy", "", nanos);
    };
  }
}
