package dev.slipway.runtime;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.TacticId;
import dev.slipway.graph.Op;
import java.util.List;

/** One thing that a program does; steps run in order. */
sealed interface Step {

  /** The node that it computes. */
  String name();

  List<Operand> inputs();

  List<Operand> outputs();

  /** Runs a kernel; all operands are constants or memory. */
  record Launch(
      String name, Op op, TacticId tactic, Kernel kernel, List<Operand> inputs, List<Operand> outputs,
      long workspaceOffset)
      implements Step {}

  /** Runs the reference evaluation. */
  record Evaluate(String name, Op op, String reason, List<Operand> inputs, List<Operand> outputs) implements Step {}

  /** Copies the only input to the only output, byte for byte. */
  record Copy(String name, Operand.Memory input, Operand.Memory output) implements Step {
    @Override
    public List<Operand> inputs() {
      return List.of(input);
    }

    @Override
    public List<Operand> outputs() {
      return List.of(output);
    }
  }
}
