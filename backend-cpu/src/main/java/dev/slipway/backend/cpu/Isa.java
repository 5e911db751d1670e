package dev.slipway.backend.cpu;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The vector instruction sets that machine code is generated for, the better one last. */
enum Isa {
  /** 256-bit vectors with fused multiply-add. */
  AVX2(256, 16, EnumSet.of(CpuFeature.AVX2, CpuFeature.FMA, CpuFeature.F16C)),
  /** 512-bit vectors, mask registers and operands broadcast from memory. */
  AVX512(
      512, 32, EnumSet.of(CpuFeature.AVX512F, CpuFeature.AVX512VL, CpuFeature.AVX512BW, CpuFeature.AVX512DQ));

  private final int vectorBits;
  private final int registers;
  private final Set<CpuFeature> needs;

  Isa(int vectorBits, int registers, Set<CpuFeature> needs) {
    this.vectorBits = vectorBits;
    this.registers = registers;
    this.needs = needs;
  }

  /** The best one that the processor has and the user allows; empty where none is or no machine code can run. */
  static Optional<Isa> best() {
    return AVX512.isActive() ? Optional.of(AVX512) : AVX2.isActive() ? Optional.of(AVX2) : Optional.empty();
  }

  /** Why none is active; empty where one is. */
  static Optional<String> unavailable() {
    if (best().isPresent()) {
      return Optional.empty();
    }
    return MachineCode.unavailable().or(() -> Optional.of(
        "processor features: " + CpuFeatures.active() + " (expected: at least " + AVX2.needs + ")"));
  }

  /** Whether the processor has it and the user allows it. */
  boolean isActive() {
    return CpuFeatures.active().containsAll(needs);
  }

  int vectorBits() {
    return vectorBits;
  }

  int vectorBytes() {
    return vectorBits / Byte.SIZE;
  }

  /** Floats in a vector. */
  int lanes() {
    return vectorBits / Float.SIZE;
  }

  /** Vector registers that there are. */
  int registers() {
    return registers;
  }

  /** A whole vector register. */
  VectorRegister register(int number) {
    if (number >= registers) {
      throw new IllegalArgumentException("register: " + number + " (expected: less than " + registers + ")");
    }
    return new VectorRegister(number, vectorBits);
  }
}
