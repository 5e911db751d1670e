package dev.slipway.backend.cpu;

import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedMul;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Writes the machine code of {@link ByteMap}s: a loop over whole vectors of bytes, the arguments being two inputs, the
 * output, the number of vectors, and constants.
 */
final class ByteMapCode {
  private static final Gpr A = Gpr.RDI;
  private static final Gpr B = Gpr.RSI;
  private static final Gpr OUTPUT = Gpr.RDX;
  private static final Gpr COUNT = Gpr.RCX;
  private static final Gpr CONSTANTS = Gpr.R8;

  /** Comparison of unsigned integers: greater. */
  private static final int GREATER = 6;

  private static final int HALF_TABLE = 127;

  private final Isa isa;
  private final Assembler code = new Assembler();

  private ByteMapCode(Isa isa) {
    this.isa = isa;
  }

  /** {@code fma(a - zero point, scale, (b - zero point) * scale)}, rounded. */
  static byte[] add(QuantizedAdd op, Isa isa) {
    ByteMapCode made = new ByteMapCode(isa);
    VectorRegister aScale = made.filled(8, Float.floatToRawIntBits(op.aScale()));
    VectorRegister bScale = made.filled(9, Float.floatToRawIntBits(op.bScale()));
    made.pairs(op.aZeroPoint(), op.bZeroPoint(), (a, b) -> {
      made.code.vcvtdq2ps(a, a);
      made.code.vcvtdq2ps(b, b);
      made.code.vmulps(b, b, bScale);
      made.code.vfmadd213ps(a, aScale, b);
    });
    return made.code.code();
  }

  /** {@code (a - zero point) * (b - zero point) * scale}, rounded. */
  static byte[] multiply(QuantizedMul op, Isa isa) {
    ByteMapCode made = new ByteMapCode(isa);
    VectorRegister scale = made.filled(8, Float.floatToRawIntBits(op.scale()));
    made.pairs(op.aZeroPoint(), op.bZeroPoint(), (a, b) -> {
      made.code.vpmulld(a, a, b);
      made.code.vcvtdq2ps(a, a);
      made.code.vmulps(a, a, scale);
    });
    return made.code.code();
  }

  /** What becomes of integers in two registers: floats in the first. */
  private interface Pair {
    void emit(VectorRegister a, VectorRegister b);
  }

  private VectorRegister filled(int number, int bits) {
    VectorRegister register = isa.register(number);
    code.vpbroadcastd(register, code.literals(List.of(bits)));
    return register;
  }

  private void pairs(int aZeroPoint, int bZeroPoint, Pair pair) {
    VectorRegister aZero = filled(10, aZeroPoint);
    VectorRegister bZero = filled(11, bZeroPoint);
    RoundingCode rounding = new RoundingCode(code, isa, CONSTANTS, isa.register(12), ByteRange.ANY);
    rounding.start();
    Label vector = code.here();
    List<VectorRegister> results = new ArrayList<>();
    for (int i = 0; i < RoundingCode.PACKED; i++) {
      VectorRegister a = isa.register(2 * i);
      VectorRegister b = isa.register(2 * i + 1);
      code.vpmovzxbd(a, Address.of(A, i * isa.lanes()));
      code.vpmovzxbd(b, Address.of(B, i * isa.lanes()));
      code.vpsubd(a, a, aZero);
      code.vpsubd(b, b, bZero);
      pair.emit(a, b);
      code.vcvtps2dq(a, a);
      results.add(a);
    }
    rounding.pack(results);
    code.vmovups(Address.of(OUTPUT), results.getFirst());
    code.add(B, isa.vectorBytes());
    finish(vector);
  }

  /** Entries of a table of 256 bytes, which the constants are. */
  static byte[] table() {
    ByteMapCode made = new ByteMapCode(Isa.AVX512);
    made.lookUp();
    return made.code.code();
  }

  private void lookUp() {
    int quarters = 4;
    for (int i = 0; i < quarters; i++) {
      code.vmovups(isa.register(i), Address.of(CONSTANTS, i * isa.vectorBytes()));
    }
    VectorRegister half = isa.register(4);
    VectorRegister low = isa.register(5);
    VectorRegister high = isa.register(6);
    code.vmovups(half, code.literals(Collections.nCopies(isa.lanes(), HALF_TABLE * 0x01010101)));
    Label vector = code.here();
    code.vmovups(low, Address.of(A));
    code.vmovaps(high, low);
    code.vpcmpub(MaskRegister.K1, low, half, GREATER);
    code.vpermi2b(low, isa.register(0), isa.register(1));
    code.vpermi2b(high, isa.register(2), isa.register(3));
    code.vmovdqu8(low.masked(MaskRegister.K1), high);
    code.vmovups(Address.of(OUTPUT), low);
    finish(vector);
  }

  private void finish(Label vector) {
    code.add(A, isa.vectorBytes());
    code.add(OUTPUT, isa.vectorBytes());
    code.dec(COUNT);
    code.j(Condition.NOT_EQUAL, vector);
    code.vzeroupper();
    code.ret();
  }
}
