package dev.slipway.runtime;

import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;

/** Where a step finds an input or puts an output. */
sealed interface Operand {

  /** An optional input that is not there, or an output that nobody reads. */
  record Absent() implements Operand {}

  record Constant(Tensor tensor) implements Operand {}

  /** Bytes of the workspace, or of the caller's memory for a graph input or output. */
  record Memory(TensorType type, Root.Kind kind, int index, long offset) implements Operand {}

  /** A value that is made while the program runs. */
  record Slot(int index) implements Operand {}
}
