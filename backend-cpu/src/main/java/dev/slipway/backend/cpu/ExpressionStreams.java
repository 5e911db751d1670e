package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Emits the same evaluation of several vectors, an instruction of each in turn: functions are chains of instructions
 * that wait for each other, and the processor looks only so far ahead for others to start meanwhile.
 */
final class ExpressionStreams {
  private final Assembler assembler;
  private final List<Stream> streams;

  /**
   * One of the evaluations.
   *
   * @param vector with a mask for comparisons of its own
   * @param scratch registers of its own
   */
  record Stream(VectorEmitter vector, FreeRegisters scratch, ExpressionEmitter expressions) {}

  /** Emits what is to be done with one item, by vector instructions alone. */
  interface Piece {
    void emit(Stream stream, int item);
  }

  /**
   * @param free scratch registers, which the streams share out
   * @param count from {@link #count}
   */
  ExpressionStreams(VectorEmitter vector, List<VectorRegister> free, int count) {
    assembler = vector.assembler();
    int each = free.size() / count;
    streams = IntStream.range(0, count)
        .mapToObj(i -> stream(vector.stream(i), new FreeRegisters(free.subList(i * each, (i + 1) * each))))
        .toList();
  }

  private static Stream stream(VectorEmitter vector, FreeRegisters scratch) {
    return new Stream(vector, scratch, new ExpressionEmitter(vector, scratch));
  }

  /**
   * How many evaluations at once are of use; at least 1.
   *
   * @param registers that each takes
   * @param free registers that there are
   */
  static int count(Expression expression, int registers, int free) {
    return hasChain(expression) ? Math.clamp(free / Math.max(1, registers), 1, VectorEmitter.MAX_STREAMS) : 1;
  }

  /** Whether the processor alone would not look far enough ahead. */
  static boolean hasChain(Expression expression) {
    boolean own = expression instanceof Expression.Unary(Expression.Function function, Expression _)
        && ExpressionEmitter.isPolynomial(function);
    return own || expression.operands().stream().anyMatch(ExpressionStreams::hasChain);
  }

  /** How many items are emitted at once. */
  int count() {
    return streams.size();
  }

  /** Emits the code of so many items that do not depend on each other, of about equally many at once. */
  void each(int items, Piece piece) {
    int groups = Math.ceilDiv(items, streams.size());
    for (int group = 0; group < groups; group++) {
      int first = group * items / groups;
      int end = (group + 1) * items / groups;
      List<Runnable> pieces = new ArrayList<>();
      for (int item = first; item < end; item++) {
        int each = item;
        Stream stream = streams.get(item - first);
        pieces.add(() -> piece.emit(stream, each));
      }
      assembler.interleave(pieces);
    }
  }
}
