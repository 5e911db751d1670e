package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import java.util.Optional;

/**
 * What becomes of a product's float results before they are stored or rounded.
 *
 * @param expression of the result, {@code Input(RESULT)}, and of the side, {@code Input(0)}; in steps of the output
 *     where that is bytes
 * @param side an element of another tensor of the output's shape
 */
record ByteEpilogue(Expression expression, Optional<Side> side) {
  static final ByteEpilogue NONE = new ByteEpilogue(Expression.input(FusedGroup.RESULT), Optional.empty());

  /**
   * A bound that float32 has in int32, beyond all bytes: what is larger would be rounded to the least integer, which
   * what is too small may become.
   */
  private static final double FAR = 1e9;

  /**
   * An element beside the result: a float, or a byte that stands for {@code (byte - zeroPoint) * step}.
   *
   * @param isByte whether it is a byte; else step and zero point have no meaning
   */
  record Side(boolean isByte, float step, int zeroPoint) {
    @Override
    public String toString() {
      return isByte ? "bytes from " + zeroPoint + " by " + step : "floats";
    }

    int bytes() {
      return isByte ? 1 : Float.BYTES;
    }
  }

  @Override
  public String toString() {
    return expression + " beside " + side;
  }

  boolean isNone() {
    return equals(NONE);
  }

  /** The same, counted in steps and so bounded that rounding it to an integer saturates. */
  ByteEpilogue inSteps(float step) {
    Expression steps = expression.times((double) (1 / step));
    return new ByteEpilogue(steps.min(Expression.constant(FAR)), side);
  }

  /** Vector registers that machine code needs for it, those of results aside. */
  int registers(Isa isa) {
    if (isNone()) {
      return 0;
    }
    return ExpressionEmitter.scratchRegisters(isa, expression, false) + (side.isPresent() ? 1 : 0);
  }

  /** Whether there is machine code for it. */
  boolean isSupported() {
    return ExpressionEmitter.supports(expression);
  }
}
