package dev.slipway.backend.cpu;

/** A place in code under construction; the assembler that binds it is the one that may refer to it. */
final class Label {
  private static final int UNBOUND = -1;

  private int position = UNBOUND;

  boolean isBound() {
    return position != UNBOUND;
  }

  /** Bytes from the start of the code. */
  int position() {
    if (!isBound()) {
      throw new IllegalStateException("label: not bound (expected: bound once)");
    }
    return position;
  }

  void bind(int at) {
    if (isBound()) {
      throw new IllegalStateException("label: bound twice (expected: once)");
    }
    position = at;
  }
}
