package dev.slipway.backend.cpu;

import java.util.Optional;

/**
 * Encodes instructions: prefixes, opcode, ModRM, SIB, displacement, immediate (Intel SDM volume 2, chapter 2). Vector
 * instructions take VEX where it can express them, as GNU as does, else EVEX.
 */
abstract sealed class InstructionEncoder extends CodeBuffer implements VectorForms permits GeneralInstructions {
  private static final int REX = 0x40;
  private static final int VEX2 = 0xC5;
  private static final int VEX3 = 0xC4;
  private static final int EVEX = 0x62;

  /** In place of ModRM's r/m: a SIB byte follows. */
  private static final int SIB = 4;

  /** In place of ModRM's r/m without displacement: relative to the instruction pointer. */
  private static final int RIP = 5;

  /** A general instruction: optional mandatory prefix (0 for none), REX, opcode bytes, ModRM; at most one immediate. */
  final void general(boolean wide, int[] opcode, int reg, RegisterOrMemory rm, int trailing) {
    beginInstruction();
    int rex = REX | (wide ? 8 : 0) | (reg >> 3 & 1) << 2 | extensionX(rm) << 1 | extensionB(rm);
    if (rex != REX) {
      emit(rex);
    }
    for (int part : opcode) {
      emit(part);
    }
    modRm(reg, rm, 1, trailing);
  }

  @Override
  public final void vector(
      VectorOpcode opcode,
      int reg,
      int vvvv,
      RegisterOrMemory rm,
      int bits,
      MaskRegister mask,
      boolean zeroing,
      int... immediate) {
    beginInstruction();
    boolean evex = needsEvex(opcode, reg, vvvv, rm, bits, mask);
    if (evex ? !opcode.hasEvex() : !opcode.hasVex()) {
      throw new IllegalArgumentException(opcode + ": no " + (evex ? "EVEX" : "VEX") + " form of these operands");
    }
    if (zeroing && mask == MaskRegister.K0) {
      throw new IllegalArgumentException(opcode + ": zeroing under K0 (expected: another mask register)");
    }
    int unit = 1;
    if (evex) {
      boolean broadcast = isBroadcast(rm);
      unit = opcode.tuple().bytes(bits / Byte.SIZE, broadcast, opcode.evexW() == 0 ? 4 : 8);
      evexPrefix(opcode, reg, vvvv, rm, bits, mask, zeroing);
    } else {
      vexPrefix(opcode, reg, vvvv, rm, bits);
    }
    emit(opcode.opcode());
    modRm(reg, rm, unit, immediate.length);
    for (int value : immediate) {
      emit(value);
    }
  }

  private static boolean needsEvex(
      VectorOpcode opcode, int reg, int vvvv, RegisterOrMemory rm, int bits, MaskRegister mask) {
    boolean high = reg > 15 || vvvv > 15 || rm instanceof Register register && register.number() > 15;
    return !opcode.hasVex() || bits > 256 || high || mask != MaskRegister.K0 || isBroadcast(rm);
  }

  private void vexPrefix(VectorOpcode opcode, int reg, int vvvv, RegisterOrMemory rm, int bits) {
    int r = ~reg >> 3 & 1;
    int x = ~extensionX(rm) & 1;
    int b = ~extensionB(rm) & 1;
    int w = opcode.vexW();
    int last = (~vvvv & 15) << 3 | (bits == 256 ? 1 : 0) << 2 | opcode.prefix().code();
    if (x == 1 && b == 1 && w == 0 && opcode.map() == VectorOpcode.OpcodeMap.M0F) {
      emit(VEX2);
      emit(r << 7 | last);
      return;
    }
    emit(VEX3);
    emit(r << 7 | x << 6 | b << 5 | opcode.map().code());
    emit(w << 7 | last);
  }

  private void evexPrefix(
      VectorOpcode opcode, int reg, int vvvv, RegisterOrMemory rm, int bits, MaskRegister mask, boolean zeroing) {
    int r = ~reg >> 3 & 1;
    int r2 = ~reg >> 4 & 1;
    int x = rm instanceof Register register ? ~register.number() >> 4 & 1 : ~extensionX(rm) & 1;
    int b = ~extensionB(rm) & 1;
    int v2 = ~vvvv >> 4 & 1;
    emit(EVEX);
    emit(r << 7 | x << 6 | b << 5 | r2 << 4 | opcode.map().code());
    emit(opcode.evexW() << 7 | (~vvvv & 15) << 3 | 4 | opcode.prefix().code());
    emit((zeroing ? 1 : 0) << 7 | (bits / 256) << 5 | (isBroadcast(rm) ? 1 : 0) << 4 | v2 << 3 | mask.number());
  }

  private static boolean isBroadcast(RegisterOrMemory rm) {
    return rm instanceof Address address && address.isBroadcast();
  }

  private static int extensionX(RegisterOrMemory rm) {
    return rm instanceof Address address ? address.index().number() >> 3 & 1 : 0;
  }

  private static int extensionB(RegisterOrMemory rm) {
    Register register = rm instanceof Address address ? address.base() : (Register) rm;
    return register.number() >> 3 & 1;
  }

  /**
   * @param unit of 8-bit displacements
   * @param trailing bytes of immediates that follow
   */
  private void modRm(int reg, RegisterOrMemory rm, int unit, int trailing) {
    int field = (reg & 7) << 3;
    if (rm instanceof Address address) {
      memory(field, address, unit, trailing);
    } else {
      emit(3 << 6 | field | ((Register) rm).number() & 7);
    }
  }

  private void memory(int field, Address address, int unit, int trailing) {
    Optional<Label> label = address.label();
    if (label.isPresent()) {
      emit(field | RIP);
      emitReference(label.get(), address.displacement(), trailing);
      return;
    }
    int base = address.base().number() & 7;
    boolean sib = address.isIndexed() || base == Gpr.RSP.number();
    int displacement = address.displacement();
    boolean none = displacement == 0 && base != Gpr.RBP.number();
    boolean small = displacement % unit == 0 && (byte) (displacement / unit) == displacement / unit;
    int mode = none ? 0 : small ? 1 : 2;
    emit(mode << 6 | field | (sib ? SIB : base));
    if (sib) {
      emit(Integer.numberOfTrailingZeros(address.scale()) << 6 | (address.index().number() & 7) << 3 | base);
    }
    if (mode == 1) {
      emit(displacement / unit);
    } else if (mode == 2) {
      emitInt(displacement);
    }
  }
}
