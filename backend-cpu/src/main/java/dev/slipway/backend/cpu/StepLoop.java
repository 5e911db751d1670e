package dev.slipway.backend.cpu;

/**
 * Emits the innermost loop of kernels that sum products: the steps of a segment, some at a time, then one by one.
 *
 * @param left counts the steps down; they are in it at the start
 */
record StepLoop(Assembler code, Gpr left) {
  /** Steps in the body of the loop: a segment of a block of channels is a few of these. */
  static final int UNROLLED = 4;

  private static final int ALIGNMENT = 32;

  /** What a kernel does in the loop. */
  interface Body {
    /** Emits a step, the number of which counts from where pointers are. */
    void step(int step);

    /** Emits how pointers move on by so many steps. */
    void advance(int steps);
  }

  void emit(Body body) {
    Label rest = new Label();
    Label end = new Label();
    code.sub(left, UNROLLED);
    code.j(Condition.LESS, rest);
    code.align(ALIGNMENT);
    Label several = code.here();
    for (int step = 0; step < UNROLLED; step++) {
      body.step(step);
    }
    body.advance(UNROLLED);
    code.sub(left, UNROLLED);
    code.j(Condition.GREATER_OR_EQUAL, several);
    code.bind(rest);
    code.add(left, UNROLLED);
    code.j(Condition.EQUAL, end);
    Label single = code.here();
    body.step(0);
    body.advance(1);
    code.dec(left);
    code.j(Condition.NOT_EQUAL, single);
    code.bind(end);
  }
}
