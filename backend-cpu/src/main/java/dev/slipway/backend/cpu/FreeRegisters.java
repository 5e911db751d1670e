package dev.slipway.backend.cpu;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** Vector registers that code under construction may use for intermediate values. */
final class FreeRegisters {
  private final Set<VectorRegister> all;
  private final Deque<VectorRegister> free;
  private final boolean counting;
  private int taken;
  private int mostTaken;

  FreeRegisters(List<VectorRegister> registers) {
    this(registers, false);
  }

  private FreeRegisters(List<VectorRegister> registers, boolean counting) {
    all = Set.copyOf(registers);
    free = new ArrayDeque<>(registers);
    this.counting = counting;
  }

  /** One register again and again, for code that only shows how many it would need. */
  static FreeRegisters counting(VectorRegister register) {
    return new FreeRegisters(List.of(register), true);
  }

  VectorRegister take() {
    if (free.isEmpty()) {
      throw new IllegalStateException("scratch registers: all " + all.size() + " in use (expected: one more)");
    }
    taken++;
    mostTaken = Math.max(mostTaken, taken);
    return counting ? free.peek() : free.pop();
  }

  /** Makes a register available again; one that is not of these stays its owner's. */
  void release(VectorRegister register) {
    if (!all.contains(register)) {
      return;
    }
    taken--;
    if (!counting) {
      free.push(register);
    }
  }

  /** How many were in use at once so far. */
  int mostTaken() {
    return mostTaken;
  }
}
