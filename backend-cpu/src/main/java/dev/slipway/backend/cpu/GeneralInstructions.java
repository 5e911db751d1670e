package dev.slipway.backend.cpu;

/**
 * General instructions on 64-bit registers, by their mnemonics (Intel SDM volume 2); names that end in 32 work on the
 * low halves and clear the high ones.
 */
abstract sealed class GeneralInstructions extends InstructionEncoder permits Assembler {
  private static final int BYTE_IMMEDIATE = 1;
  private static final int INT_IMMEDIATE = 4;

  /** Arithmetic with a regular encoding, by its code. */
  private enum Arithmetic {
    ADD(0),
    OR(1),
    AND(4),
    SUB(5),
    XOR(6),
    CMP(7);

    final int code;

    Arithmetic(int code) {
      this.code = code;
    }
  }

  final void mov(Gpr d, Gpr s) {
    wide(0x89, s, d);
  }

  final void mov(Gpr d, Address s) {
    wide(0x8B, d, s);
  }

  final void mov(Address d, Gpr s) {
    wide(0x89, s, d);
  }

  /** A constant in its shortest form. */
  final void mov(Gpr d, long value) {
    if (value == (value & 0xFFFFFFFFL)) {
      prefixed(0x40, 0xB8, d);
      emitInt((int) value);
    } else if (value == (int) value) {
      general(true, opcode(0xC7), 0, d, INT_IMMEDIATE);
      emitInt((int) value);
    } else {
      prefixed(0x48, 0xB8, d);
      emitLong(value);
    }
  }

  final void mov32(Gpr d, Gpr s) {
    general(false, opcode(0x89), s.number(), d, 0);
  }

  final void mov32(Gpr d, Address s) {
    general(false, opcode(0x8B), d.number(), s, 0);
  }

  final void mov32(Address d, Gpr s) {
    general(false, opcode(0x89), s.number(), d, 0);
  }

  /** A register becomes zero. */
  final void zero(Gpr d) {
    general(false, opcode(0x31), d.number(), d, 0);
  }

  /** 32 bits, sign-extended. */
  final void movsxd(Gpr d, Gpr s) {
    wide(0x63, d, s);
  }

  /** 32 bits, sign-extended. */
  final void movsxd(Gpr d, Address s) {
    wide(0x63, d, s);
  }

  final void lea(Gpr d, Address s) {
    wide(0x8D, d, s);
  }

  final void add(Gpr d, Gpr s) {
    arithmetic(Arithmetic.ADD, d, s);
  }

  final void add(Gpr d, Address s) {
    arithmetic(Arithmetic.ADD, d, s);
  }

  final void add(Gpr d, int value) {
    arithmetic(Arithmetic.ADD, d, value);
  }

  final void sub(Gpr d, Gpr s) {
    arithmetic(Arithmetic.SUB, d, s);
  }

  final void sub(Gpr d, Address s) {
    arithmetic(Arithmetic.SUB, d, s);
  }

  final void sub(Gpr d, int value) {
    arithmetic(Arithmetic.SUB, d, value);
  }

  final void and(Gpr d, Gpr s) {
    arithmetic(Arithmetic.AND, d, s);
  }

  final void and(Gpr d, int value) {
    arithmetic(Arithmetic.AND, d, value);
  }

  final void or(Gpr d, Gpr s) {
    arithmetic(Arithmetic.OR, d, s);
  }

  final void or(Gpr d, int value) {
    arithmetic(Arithmetic.OR, d, value);
  }

  final void xor(Gpr d, Gpr s) {
    arithmetic(Arithmetic.XOR, d, s);
  }

  final void xor(Gpr d, int value) {
    arithmetic(Arithmetic.XOR, d, value);
  }

  final void cmp(Gpr a, Gpr b) {
    arithmetic(Arithmetic.CMP, a, b);
  }

  final void cmp(Gpr a, Address b) {
    arithmetic(Arithmetic.CMP, a, b);
  }

  final void cmp(Gpr a, int value) {
    arithmetic(Arithmetic.CMP, a, value);
  }

  final void test(Gpr a, Gpr b) {
    wide(0x85, b, a);
  }

  final void test(Gpr a, int value) {
    if (a == Gpr.RAX) {
      emit(0x48);
      emit(0xA9);
    } else {
      general(true, opcode(0xF7), 0, a, INT_IMMEDIATE);
    }
    emitInt(value);
  }

  final void imul(Gpr d, Gpr s) {
    general(true, opcode(0x0F, 0xAF), d.number(), s, 0);
  }

  final void imul(Gpr d, Address s) {
    general(true, opcode(0x0F, 0xAF), d.number(), s, 0);
  }

  final void imul(Gpr d, Gpr s, int factor) {
    boolean small = factor == (byte) factor;
    general(true, opcode(small ? 0x6B : 0x69), d.number(), s, small ? BYTE_IMMEDIATE : INT_IMMEDIATE);
    immediate(factor);
  }

  final void inc(Gpr d) {
    general(true, opcode(0xFF), 0, d, 0);
  }

  final void dec(Gpr d) {
    general(true, opcode(0xFF), 1, d, 0);
  }

  final void neg(Gpr d) {
    general(true, opcode(0xF7), 3, d, 0);
  }

  final void shl(Gpr d, int count) {
    shift(4, d, count);
  }

  final void shr(Gpr d, int count) {
    shift(5, d, count);
  }

  final void sar(Gpr d, int count) {
    shift(7, d, count);
  }

  /** {@code d = s} where the condition holds. */
  final void cmov(Condition condition, Gpr d, Gpr s) {
    general(true, opcode(0x0F, 0x40 + condition.code()), d.number(), s, 0);
  }

  final void cmov(Condition condition, Gpr d, Address s) {
    general(true, opcode(0x0F, 0x40 + condition.code()), d.number(), s, 0);
  }

  final void push(Gpr r) {
    prefixed(0x40, 0x50, r);
  }

  final void pop(Gpr r) {
    prefixed(0x40, 0x58, r);
  }

  final void jmp(Label target) {
    emit(0xE9);
    emitReference(target, 0, 0);
  }

  final void jmp(Gpr target) {
    general(false, opcode(0xFF), 4, target, 0);
  }

  /** Jumps where the condition holds. */
  final void j(Condition condition, Label target) {
    emit(0x0F);
    emit(0x80 + condition.code());
    emitReference(target, 0, 0);
  }

  final void call(Label target) {
    emit(0xE8);
    emitReference(target, 0, 0);
  }

  final void call(Gpr target) {
    general(false, opcode(0xFF), 2, target, 0);
  }

  final void ret() {
    emit(0xC3);
  }

  final void cpuid() {
    emit(0x0F);
    emit(0xA2);
  }

  final void xgetbv() {
    emit(0x0F);
    emit(0x01);
    emit(0xD0);
  }

  /** Calls Linux: the number in RAX, arguments in RDI and RSI; changes RAX, RCX and R11. */
  final void syscall() {
    emit(0x0F);
    emit(0x05);
  }

  final void prefetchnta(Address line) {
    general(false, opcode(0x0F, 0x18), 0, line, 0);
  }

  final void prefetcht0(Address line) {
    general(false, opcode(0x0F, 0x18), 1, line, 0);
  }

  final void prefetcht1(Address line) {
    general(false, opcode(0x0F, 0x18), 2, line, 0);
  }

  final void prefetchw(Address line) {
    general(false, opcode(0x0F, 0x0D), 1, line, 0);
  }

  /** Before code that may use SSE, such as the caller's. */
  final void vzeroupper() {
    emit(0xC5);
    emit(0xF8);
    emit(0x77);
  }

  private void arithmetic(Arithmetic operation, Gpr d, Gpr s) {
    wide(operation.code << 3 | 1, s, d);
  }

  private void arithmetic(Arithmetic operation, Gpr d, Address s) {
    wide(operation.code << 3 | 3, d, s);
  }

  private void arithmetic(Arithmetic operation, Gpr d, int value) {
    if (value == (byte) value) {
      general(true, opcode(0x83), operation.code, d, BYTE_IMMEDIATE);
    } else if (d == Gpr.RAX) {
      emit(0x48);
      emit(operation.code << 3 | 5);
    } else {
      general(true, opcode(0x81), operation.code, d, INT_IMMEDIATE);
    }
    immediate(value);
  }

  private void shift(int extension, Gpr d, int count) {
    if (count == 1) {
      general(true, opcode(0xD1), extension, d, 0);
      return;
    }
    general(true, opcode(0xC1), extension, d, BYTE_IMMEDIATE);
    emit(count);
  }

  private void wide(int opcode, Gpr reg, RegisterOrMemory rm) {
    general(true, opcode(opcode), reg.number(), rm, 0);
  }

  /** An opcode whose low bits name a register. */
  private void prefixed(int rex, int opcode, Gpr r) {
    int prefix = rex | r.number() >> 3;
    if (prefix != 0x40) {
      emit(prefix);
    }
    emit(opcode | r.number() & 7);
  }

  private void immediate(int value) {
    if (value == (byte) value) {
      emit(value);
    } else {
      emitInt(value);
    }
  }

  private static int[] opcode(int... parts) {
    return parts;
  }
}
