package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The tiles of AMX, which Linux gives to a process that asks for them. */
final class MatrixUnit {
  /** Its rate falls to a third when the other thread of the core uses it too, and stays there for minutes. */
  static final double HANDICAP = 1.5;

  private static final Set<CpuFeature> NEEDS = EnumSet.of(CpuFeature.AMX_TILE, CpuFeature.AMX_BF16);

  /** Linux's {@code arch_prctl}: {@code mov r8, rdx; mov eax, 158; syscall; mov [r8], rax; ret}. */
  static final String CALL = "4989d0 b89e000000 0f05 498900 c3";

  /** {@code ARCH_REQ_XCOMP_PERM} for {@code XFEATURE_XTILEDATA}. */
  private static final int REQUEST_PERMISSION = 0x1023;
  private static final int TILE_DATA = 18;

  private MatrixUnit() {}

  /** Why there is no product of bfloat16 tiles; empty where there is. */
  static Optional<String> unavailable() {
    if (!Isa.AVX512.isActive() || !CpuFeatures.active().containsAll(NEEDS)) {
      return Optional.of("no AMX with bfloat16 (expected: a processor with it, and its use allowed)");
    }
    return Permission.GRANTED ? Optional.empty() : Optional.of("the operating system refuses the tiles of AMX");
  }

  /**
   * To be called before code that uses tiles is: without the operating system's leave it would end the process.
   *
   * @throws IllegalStateException where there are no tiles
   */
  static void require() {
    unavailable().ifPresent(reason -> {
      throw new IllegalStateException(reason);
    });
  }

  /** Asked for once in a process. */
  private static final class Permission {
    static final boolean GRANTED = ask() == 0;

    private static long ask() {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment result = arena.allocate(ValueLayout.JAVA_LONG);
        MachineCode.ofHex(CALL).run(REQUEST_PERMISSION, TILE_DATA, result.address(), 0, 0, 0, 0, 0);
        return result.get(ValueLayout.JAVA_LONG, 0);
      }
    }
  }
}
