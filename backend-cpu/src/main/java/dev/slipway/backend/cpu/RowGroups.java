package dev.slipway.backend.cpu;

import java.util.List;
import java.util.function.Consumer;

/**
 * Emits work on rows of which several are computed together: each instruction of one waits for the one before, and
 * those of the others fill the gaps.
 *
 * @param <R> the registers of one row
 */
final class RowGroups<R> {
  private final Assembler code;
  private final List<R> rows;

  /**
   * @param rows those of as many rows as are computed together, at least one
   */
  RowGroups(Assembler code, List<R> rows) {
    this.code = code;
    this.rows = rows;
  }

  /**
   * A loop that takes rows together as long as there are so many, then one by one.
   *
   * @param left counts rows down
   * @param body of some rows; moves all pointers to the row behind them
   */
  void loop(Gpr left, Consumer<List<R>> body) {
    loop(left, rows, body);
    if (rows.size() > 1) {
      loop(left, rows.subList(0, 1), body);
    }
  }

  private void loop(Gpr left, List<R> together, Consumer<List<R>> body) {
    Label end = new Label();
    Label next = code.here();
    code.cmp(left, together.size());
    code.j(Condition.LESS, end);
    body.accept(together);
    code.sub(left, together.size());
    code.jmp(next);
    code.bind(end);
  }

  /** Emits a piece of straight code for each row, instruction by instruction in turns. */
  void each(List<R> together, Consumer<R> piece) {
    code.interleave(together.stream().<Runnable>map(row -> () -> piece.accept(row)).toList());
  }
}
