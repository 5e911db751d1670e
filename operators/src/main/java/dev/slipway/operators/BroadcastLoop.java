package dev.slipway.operators;

import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;

/** The loop over the elements of a result and of the operands that broadcast to it. */
final class BroadcastLoop {

  /** Elements at a time: an expression of some dozen nodes then stays in the first-level cache. */
  private static final int BLOCK = 256;

  /** One element of an integer type from one element of each operand. */
  interface IntegerFunction {
    long apply(long... x);
  }

  private final List<Optional<Operand>> operands;
  private final Tensor result;

  private BroadcastLoop(List<Optional<Operand>> operands, Tensor result) {
    this.operands = operands;
    this.result = result;
  }

  /** The first output and all inputs of an evaluation. */
  static BroadcastLoop of(ReferenceContext ctx) {
    Tensor result = ctx.output(0);
    List<Optional<Operand>> operands = new ArrayList<>();
    for (int i = 0; i < ctx.inputCount(); i++) {
      operands.add(ctx.has(i) ? Optional.of(Operand.of(ctx.input(i), result)) : Optional.empty());
    }
    return new BroadcastLoop(operands, result);
  }

  static BroadcastLoop of(Tensor result, List<Tensor> inputs) {
    return new BroadcastLoop(inputs.stream().map(input -> Optional.of(Operand.of(input, result))).toList(), result);
  }

  /** Whether an operand is of floating point. */
  boolean isReal() {
    return operands.stream().flatMap(Optional::stream).anyMatch(operand -> operand.tensor.dtype().isFloat());
  }

  /** Computes in double precision and rounds once; for what no expression says. */
  void reals(DoubleBinaryOperator function) {
    Operand a = operands.get(0).orElseThrow();
    Operand b = operands.get(1).orElseThrow();
    long count = result.elementCount();
    for (long i = 0; i < count; i++) {
      result.setDouble(i, function.applyAsDouble(a.tensor.getDouble(a.index(i)), b.tensor.getDouble(b.index(i))));
    }
  }

  /** Computes in double precision and rounds once. */
  void reals(Expression expression) {
    long count = result.elementCount();
    double[][] blocks = new double[operands.size()][BLOCK];
    for (long from = 0; from < count; from += BLOCK) {
      int size = (int) Math.min(BLOCK, count - from);
      for (int i = 0; i < blocks.length; i++) {
        if (operands.get(i).isPresent()) {
          operands.get(i).get().load(from, size, blocks[i]);
        }
      }
      double[] values = expression.evaluate(blocks, size);
      for (int i = 0; i < size; i++) {
        result.setDouble(from + i, values[i]);
      }
    }
  }

  /** Computes in 64 bits and keeps the low ones. */
  void integers(IntegerFunction function) {
    long count = result.elementCount();
    List<Operand> present = operands.stream().flatMap(Optional::stream).toList();
    long[] x = new long[present.size()];
    for (long element = 0; element < count; element++) {
      for (int i = 0; i < x.length; i++) {
        Operand operand = present.get(i);
        x[i] = operand.tensor.getLong(operand.index(element));
      }
      result.setLong(element, function.apply(x));
    }
  }

  /** A tensor and how it broadcasts: element for element, one for all, or by a table. */
  private record Operand(Tensor tensor, Walk walk, int[] indices) {

    private enum Walk {
      SAME,
      SINGLE,
      TABLE
    }

    static Operand of(Tensor tensor, Tensor result) {
      long count = tensor.elementCount();
      if (count == 1) {
        return new Operand(tensor, Walk.SINGLE, new int[0]);
      }
      if (count == result.elementCount()) {
        return new Operand(tensor, Walk.SAME, new int[0]);
      }
      return new Operand(tensor, Walk.TABLE, Broadcast.indices(tensor, result));
    }

    long index(long element) {
      return switch (walk) {
        case SAME -> element;
        case SINGLE -> 0;
        case TABLE -> indices[(int) element];
      };
    }

    void load(long from, int size, double[] to) {
      if (walk == Walk.SINGLE) {
        Arrays.fill(to, 0, size, tensor.getDouble(0));
        return;
      }
      for (int i = 0; i < size; i++) {
        to[i] = tensor.getDouble(index(from + i));
      }
    }
  }
}
