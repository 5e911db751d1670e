package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import java.util.List;

/**
 * What a {@link PointwiseKernel} is specialised to.
 *
 * @param expression over {@code Input(i)}, the elements of operand i
 * @param operands how each operand moves along a run
 */
record PointwiseSpec(int vectorBits, Expression expression, List<Motion> operands) {
  /** Kernels take the addresses of so many operands as parameters. */
  static final int MAX_OPERANDS = 6;

  /** How an operand moves along a run of output elements. */
  enum Motion {
    /** Element by element. */
    ADVANCE,
    /** The same vector again and again. */
    VECTOR,
    /** The same element. */
    SCALAR
  }

  PointwiseSpec {
    operands = List.copyOf(operands);
    if (operands.size() > MAX_OPERANDS) {
      throw new IllegalArgumentException("operands: " + operands.size() + " (expected: at most " + MAX_OPERANDS + ")");
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PointwiseSpec spec
        && vectorBits == spec.vectorBits && expression.equals(spec.expression) && operands.equals(spec.operands);
  }

  @Override
  public int hashCode() {
    return (vectorBits * 31 + expression.hashCode()) * 31 + operands.hashCode();
  }

  @Override
  public String toString() {
    return vectorBits + " bits, " + expression + " " + operands;
  }
}
