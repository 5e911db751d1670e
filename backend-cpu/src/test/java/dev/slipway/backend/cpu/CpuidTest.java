package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The code that is written out is what the assembler makes of the instructions beside it. */
class CpuidTest {
  private static void assertIs(String hex, Assembler code) {
    assertThat(HexFormat.of().parseHex(hex.replace(" ", ""))).isEqualTo(code.code());
  }

  @Test
  void asks() {
    Assembler code = new Assembler();
    code.push(Gpr.RBX);
    code.mov32(Gpr.RAX, Gpr.RDI);
    code.mov32(Gpr.RCX, Gpr.RSI);
    code.mov(Gpr.R8, Gpr.RDX);
    code.cpuid();
    code.mov32(Address.of(Gpr.R8, 0), Gpr.RAX);
    code.mov32(Address.of(Gpr.R8, 4), Gpr.RBX);
    code.mov32(Address.of(Gpr.R8, 8), Gpr.RCX);
    code.mov32(Address.of(Gpr.R8, 12), Gpr.RDX);
    code.pop(Gpr.RBX);
    code.ret();
    assertIs(Cpuid.ASK, code);
  }

  @Test
  void readsTheState() {
    Assembler code = new Assembler();
    code.mov(Gpr.R8, Gpr.RDX);
    code.zero(Gpr.RCX);
    code.xgetbv();
    code.mov32(Address.of(Gpr.R8), Gpr.RAX);
    code.ret();
    assertIs(Cpuid.READ_STATE, code);
  }

  @Test
  void callsTheSystem() {
    Assembler code = new Assembler();
    code.mov(Gpr.R8, Gpr.RDX);
    code.mov(Gpr.RAX, 158);
    code.syscall();
    code.mov(Address.of(Gpr.R8), Gpr.RAX);
    code.ret();
    assertIs(MatrixUnit.CALL, code);
  }
}
