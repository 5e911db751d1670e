package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Optional;

/** The tiles of AMX, which Linux gives to a process that asks for them. */
final class MatrixUnit {
  /** Its rate falls to a third when the other thread of the core uses it too, and stays there for minutes. */
  static final double HANDICAP = 1.5;


  /** Linux's {@code arch_prctl}: {@code mov r8, rdx; mov eax, 158; syscall; mov [r8], rax; ret}. */
  static final String CALL = "4989d0 b89e000000 0f05 498900 c3";

  /** {@code ARCH_REQ_XCOMP_PERM} for {@code XFEATURE_XTILEDATA}. */
  private static final int REQUEST_PERMISSION = 0x1023;
  private static final int TILE_DATA = 18;

  private MatrixUnit() {}

  /** Why there is no product of bfloat16 tiles; empty where there is. */
  static Optional<String> unavailable() {
    return unavailable(CpuFeature.AMX_BF16, "bfloat16");
  }

  /** Why there is no product of tiles of bytes; empty where there is. */
  static Optional<String> unavailableForBytes() {
    return ByteProducts.best().equals(Optional.of(ByteProducts.AVX512_VNNI))
        ? unavailable(CpuFeature.AMX_INT8, "int8")
        : Optional.of("no AVX-512 with VNNI (expected: a processor with it, and its use allowed)");
  }

  private static Optional<String> unavailable(CpuFeature products, String type) {
    if (!Isa.AVX512.isActive() || !CpuFeatures.active().containsAll(EnumSet.of(CpuFeature.AMX_TILE, products))) {
      return Optional.of("no AMX with " + type + " (expected: a processor with it, and its use allowed)");
    }
    return Permission.GRANTED ? Optional.empty() : Optional.of("the operating system refuses the tiles of AMX");
  }

  /**
   * To be called before code that uses tiles is: without the operating system's leave it would end the process.
   *
   * @throws IllegalStateException where there are no tiles
   */
  static void require() {
    unavailable().flatMap(reason -> unavailableForBytes().map(_ -> reason)).ifPresent(reason -> {
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
