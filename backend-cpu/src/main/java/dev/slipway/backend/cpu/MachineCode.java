package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Machine code in memory that is never writable and executable at once. The memory is freed when this object is
 * unreachable, which no running call lets it become. Thread-safe.
 *
 * <p>Code is called as a C function of eight longs: RDI, RSI, RDX, RCX, R8, R9, then {@code [RSP + 8]} and
 * {@code [RSP + 16]}. It may change RAX, RCX, RDX, RSI, RDI, R8 to R11 and all vector and mask registers, keeps the
 * others, and ends with {@code vzeroupper} where it used wide vectors.
 */
final class MachineCode {
  /** A system property: {@code off} has the backend take kernels in Java although it could assemble them. */
  static final String PROPERTY = "slipway.cpu.assembler";

  /** Where the seventh argument lies on entry, relative to RSP. */
  static final int ARGUMENT_6 = 8;

  /** Where the eighth argument lies on entry, relative to RSP. */
  static final int ARGUMENT_7 = 16;

  private final MemorySegment entry;

  /** Code that runs from its first byte on. */
  MachineCode(byte[] code) {
    entry = ExecutableMemory.copy(code);
  }

  /** Code in hexadecimal, with blanks between its instructions. */
  static MachineCode ofHex(String code) {
    return new MachineCode(HexFormat.of().parseHex(code.replace(" ", "")));
  }

  /** Why machine code cannot run here; empty where it can. */
  static Optional<String> unavailable() {
    if (System.getProperty(PROPERTY, "on").equals("off")) {
      return Optional.of("system property " + PROPERTY + " is off (leave it out for the fast kernels)");
    }
    return Probe.FAILURE;
  }

  static boolean available() {
    return unavailable().isEmpty();
  }

  /** Calls the code. The garbage collector may run meanwhile. */
  void run(long a0, long a1, long a2, long a3, long a4, long a5, long a6, long a7) {
    try {
      long _ = (long) Calls.NORMAL.invokeExact(entry, a0, a1, a2, a3, a4, a5, a6, a7);
    } catch (Throwable e) {
      throw new AssertionError("a call of machine code throws nothing", e);
    }
  }

  /** Calls code that takes less than a millisecond, for which the garbage collector may have to wait. */
  void runBriefly(long a0, long a1, long a2, long a3, long a4, long a5, long a6, long a7) {
    try {
      long _ = (long) BriefCalls.CRITICAL.invokeExact(entry, a0, a1, a2, a3, a4, a5, a6, a7);
    } catch (Throwable e) {
      throw new AssertionError("a call of machine code throws nothing", e);
    }
  }

  /** Made once, when it is first asked for: whether code that only returns can be called. */
  private static final class Probe {
    static final Optional<String> FAILURE = failure();

    private static final String RETURN = "c3";

    private static Optional<String> failure() {
      String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
      if (!system.equals("Linux amd64")) {
        return Optional.of("system: " + system + " (expected: Linux amd64)");
      }
      try {
        MachineCode.ofHex(RETURN).run(0, 0, 0, 0, 0, 0, 0, 0);
        return Optional.empty();
      } catch (IllegalCallerException | IllegalStateException e) {
        return Optional.of(e.getMessage());
      }
    }
  }

  /**
   * The way to call any code: its address is the first argument. Functions of the system with fewer arguments are
   * called so too: the convention leaves arguments that nobody reads in registers and on the caller's stack, and each
   * further handle takes ten milliseconds to link in a fresh JVM.
   */
  @SuppressWarnings("restricted")
  private static final class Calls {
    private static final ValueLayout LONG = ValueLayout.JAVA_LONG;
    private static final FunctionDescriptor EIGHT_LONGS =
        FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG);

    static final MethodHandle NORMAL = Linker.nativeLinker().downcallHandle(EIGHT_LONGS);
  }

  /** The same without a transition that lets the garbage collector run; made when it is first needed. */
  @SuppressWarnings("restricted")
  private static final class BriefCalls {
    static final MethodHandle CRITICAL =
        Linker.nativeLinker().downcallHandle(Calls.EIGHT_LONGS, Linker.Option.critical(false));
  }

  /** Pages from the operating system. */
  @SuppressWarnings("restricted")
  private static final class ExecutableMemory {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final MemorySegment MMAP = function("mmap");
    private static final MemorySegment MPROTECT = function("mprotect");
    private static final MemorySegment MUNMAP = function("munmap");

    private ExecutableMemory() {}

    /** The code in executable memory, which is freed when the segment is unreachable. */
    static MemorySegment copy(byte[] code) {
      MemorySegment pages = map(code.length);
      MemorySegment.copy(code, 0, pages, ValueLayout.JAVA_BYTE, 0, code.length);
      protect(pages);
      return pages;
    }

    private static MemorySegment map(int bytes) {
      long address = call(MMAP, 0, bytes, READ | WRITE, PRIVATE_ANONYMOUS, -1);
      if (address == -1) {
        throw new IllegalStateException("mmap of " + bytes + " bytes for machine code failed");
      }
      return MemorySegment.ofAddress(address).reinterpret(bytes, Arena.ofAuto(), ExecutableMemory::unmap);
    }

    private static void protect(MemorySegment pages) {
      if ((int) call(MPROTECT, pages.address(), pages.byteSize(), READ | EXECUTE, 0, 0) != 0) {
        throw new IllegalStateException("mprotect refuses executable memory");
      }
    }

    private static void unmap(MemorySegment pages) {
      call(MUNMAP, pages.address(), pages.byteSize(), 0, 0, 0);
    }

    /** Calls a function of up to five arguments, the sixth being 0. */
    private static long call(MemorySegment function, long a0, long a1, long a2, long a3, long a4) {
      try {
        return (long) Calls.NORMAL.invokeExact(function, a0, a1, a2, a3, a4, 0L, 0L, 0L);
      } catch (Throwable e) {
        throw new AssertionError("a function of the system throws nothing", e);
      }
    }

    private static MemorySegment function(String name) {
      return Linker.nativeLinker()
          .defaultLookup()
          .find(name)
          .orElseThrow(() -> new IllegalStateException("no function " + name));
    }
  }
}
