package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;

/** Asks the processor what it supports (Intel SDM volume 2, CPUID and XGETBV; volume 1, chapter 13). */
final class Cpuid {
  private static final int OSXSAVE = 27;

  /** Bits of XCR0: the operating system saves registers XMM and YMM. */
  private static final int AVX_STATE = 0x6;

  /** Also mask registers and ZMM. */
  private static final int AVX512_STATE = 0xE6;

  /** Tiles and their configuration. */
  private static final int AMX_STATE = 0x60000;

  /**
   * {@code push rbx; mov eax, edi; mov ecx, esi; mov r8, rdx; cpuid; mov [r8], eax; mov [r8 + 4], ebx;
   * mov [r8 + 8], ecx; mov [r8 + 12], edx; pop rbx; ret}: written out, as no process starts without it and the
   * assembler takes long to load.
   */
  static final String ASK = "53 89f8 89f1 4989d0 0fa2 418900 41895804 41894808 4189500c 5b c3";

  /** {@code mov r8, rdx; xor ecx, ecx; xgetbv; mov [r8], eax; ret}. */
  static final String READ_STATE = "4989d0 31c9 0f01d0 418900 c3";

  private Cpuid() {}

  private record Registers(int eax, int ebx, int ecx, int edx) {}

  /** What the processor has and the operating system lets programs use. Machine code must be available. */
  static Set<CpuFeature> features() {
    Set<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
    int highest = ask(0, 0).eax();
    Registers basic = ask(1, 0);
    if (highest < 7 || !bit(basic.ecx(), OSXSAVE)) {
      return features;
    }
    Registers extended = ask(7, 0);
    Registers more = extended.eax() >= 1 ? ask(7, 1) : new Registers(0, 0, 0, 0);
    int state = enabledState();
    if ((state & AVX_STATE) == AVX_STATE) {
      add(features, CpuFeature.FMA, basic.ecx(), 12);
      add(features, CpuFeature.F16C, basic.ecx(), 29);
      add(features, CpuFeature.AVX2, extended.ebx(), 5);
      add(features, CpuFeature.AVX_VNNI, more.eax(), 4);
    }
    if ((state & AVX512_STATE) == AVX512_STATE) {
      add(features, CpuFeature.AVX512F, extended.ebx(), 16);
      add(features, CpuFeature.AVX512DQ, extended.ebx(), 17);
      add(features, CpuFeature.AVX512BW, extended.ebx(), 30);
      add(features, CpuFeature.AVX512VL, extended.ebx(), 31);
      add(features, CpuFeature.AVX512_VBMI, extended.ecx(), 1);
      add(features, CpuFeature.AVX512_VNNI, extended.ecx(), 11);
      add(features, CpuFeature.AVX512_FP16, extended.edx(), 23);
      add(features, CpuFeature.AVX512_BF16, more.eax(), 5);
    }
    if ((state & AMX_STATE) == AMX_STATE) {
      add(features, CpuFeature.AMX_BF16, extended.edx(), 22);
      add(features, CpuFeature.AMX_TILE, extended.edx(), 24);
      add(features, CpuFeature.AMX_INT8, extended.edx(), 25);
    }
    return features;
  }

  private static void add(Set<CpuFeature> features, CpuFeature feature, int register, int bit) {
    if (bit(register, bit)) {
      features.add(feature);
    }
  }

  private static boolean bit(int register, int bit) {
    return (register >> bit & 1) != 0;
  }

  private static Registers ask(int leaf, int subleaf) {
    int[] r = results(ASK, leaf, subleaf);
    return new Registers(r[0], r[1], r[2], r[3]);
  }

  /** The low half of XCR0. */
  private static int enabledState() {
    return results(READ_STATE, 0, 0)[0];
  }

  /** Four integers that the code writes where its third argument says. */
  private static int[] results(String code, int first, int second) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment results = arena.allocate(ValueLayout.JAVA_INT, 4);
      MachineCode.ofHex(code).run(first, second, results.address(), 0, 0, 0, 0, 0);
      return results.toArray(ValueLayout.JAVA_INT);
    }
  }
}
