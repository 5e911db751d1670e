package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MachineCodeTest {
  private static final byte RETURN = (byte) 0xc3;

  @BeforeEach
  void hasMachineCode() {
    assumeTrue(MachineCode.available(), () -> MachineCode.unavailable().orElse(""));
  }

  @Test
  void passesEightArguments() {
    Assembler code = new Assembler();
    List<Gpr> arguments = List.of(Gpr.RSI, Gpr.RDX, Gpr.RCX, Gpr.R8, Gpr.R9);
    for (int i = 0; i < arguments.size(); i++) {
      code.mov(Address.of(Gpr.RDI, Long.BYTES * i), arguments.get(i));
    }
    code.mov(Gpr.RAX, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    code.mov(Address.of(Gpr.RDI, 40), Gpr.RAX);
    code.mov(Gpr.RAX, Address.of(Gpr.RSP, MachineCode.ARGUMENT_7));
    code.mov(Address.of(Gpr.RDI, 48), Gpr.RAX);
    code.ret();
    MachineCode machine = new MachineCode(code.code());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment results = arena.allocate(ValueLayout.JAVA_LONG, 7);
      machine.run(results.address(), 1, -2, 3, 1L << 40, 5, 6, 7);
      assertThat(results.toArray(ValueLayout.JAVA_LONG)).containsExactly(1, -2, 3, 1L << 40, 5, 6, 7);
      results.fill((byte) 0);
      machine.runBriefly(results.address(), 1, -2, 3, 1L << 40, 5, 6, 7);
      assertThat(results.toArray(ValueLayout.JAVA_LONG)).containsExactly(1, -2, 3, 1L << 40, 5, 6, 7);
    }
  }

  @Test
  void computesWithVectorsLoopsAndLiterals() {
    for (Isa isa : Isa.values()) {
      if (isa.isActive()) {
        assertThat(axpyOfThreeVectors(isa)).as(isa.name()).containsOnly(2.5f * 3 + 1);
      }
    }
  }

  /** {@code 2.5 x + y} where x is 3 and y is 1. */
  private static float[] axpyOfThreeVectors(Isa isa) {
    VectorRegister a = isa.register(0);
    VectorRegister x = isa.register(1);
    Assembler code = new Assembler();
    code.vbroadcastss(a, code.literal(2.5f));
    code.mov(Gpr.RCX, 3);
    Label loop = code.here();
    code.vmovups(x, Address.of(Gpr.RDI));
    code.vfmadd213ps(x, a, Address.of(Gpr.RSI));
    code.vmovups(Address.of(Gpr.RSI), x);
    code.add(Gpr.RDI, isa.vectorBytes());
    code.add(Gpr.RSI, isa.vectorBytes());
    code.dec(Gpr.RCX);
    code.j(Condition.NOT_EQUAL, loop);
    code.vzeroupper();
    code.ret();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment xs = arena.allocate(ValueLayout.JAVA_FLOAT, 3L * isa.lanes());
      MemorySegment ys = arena.allocate(ValueLayout.JAVA_FLOAT, 3L * isa.lanes());
      for (int i = 0; i < 3 * isa.lanes(); i++) {
        xs.setAtIndex(ValueLayout.JAVA_FLOAT, i, 3);
        ys.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
      }
      new MachineCode(code.code()).run(xs.address(), ys.address(), 0, 0, 0, 0, 0, 0);
      return ys.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void restrictsFeatures() {
    String before = System.getProperty(CpuFeatures.PROPERTY, "");
    try {
      System.setProperty(CpuFeatures.PROPERTY, "avx2");
      assertThat(CpuFeatures.active()).doesNotContain(CpuFeature.AVX512F);
      System.setProperty(CpuFeatures.PROPERTY, "none");
      assertThat(Isa.best()).isEmpty();
      System.setProperty(CpuFeatures.PROPERTY, "avx2, avx1024");
      assertThatThrownBy(CpuFeatures::active)
          .isInstanceOf(SlipwayException.class)
          .hasMessage("cpu features: avx1024 (expected: some of none, avx2, avxvnni, avx512, avx512vnni,"
              + " avx512bf16, avx512fp16, amx)");
    } finally {
      System.setProperty(CpuFeatures.PROPERTY, before);
    }
  }

  @Test
  void freesCodeThatNothingRefersTo() throws IOException, InterruptedException {
    byte[] pages = Arrays.copyOf(new byte[] {RETURN}, 1 << 20);
    long before = executableBytes();
    for (int i = 0; i < 200; i++) {
      new MachineCode(pages).runBriefly(0, 0, 0, 0, 0, 0, 0, 0);
    }
    for (int i = 0; i < 100 && executableBytes() > before + pages.length; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(executableBytes()).isLessThanOrEqualTo(before + pages.length);
  }

  /** Bytes of this process that are executable, not writable, and of no file. */
  private static long executableBytes() throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.matches("\\S+ r-xp \\S+ \\S+ 0\\s*"))
          .map(line -> line.split("[- ]", 3))
          .mapToLong(range -> Long.parseUnsignedLong(range[1], 16) - Long.parseUnsignedLong(range[0], 16))
          .sum();
    }
  }
}
