package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
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
      Calls.NORMAL.invokeExact(entry, a0, a1, a2, a3, a4, a5, a6, a7);
    } catch (Throwable e) {
      throw new AssertionError("a call of machine code throws nothing", e);
    }
  }

  /** Calls code that takes less than a millisecond, for which the garbage collector may have to wait. */
  void runBriefly(long a0, long a1, long a2, long a3, long a4, long a5, long a6, long a7) {
    try {
      Calls.CRITICAL.invokeExact(entry, a0, a1, a2, a3, a4, a5, a6, a7);
    } catch (Throwable e) {
      throw new AssertionError("a call of machine code throws nothing", e);
    }
  }

  /** Made once, when it is first asked for: whether code that only returns can be called. */
  private static final class Probe {
    static final Optional<String> FAILURE = failure();

    private static Optional<String> failure() {
      String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
      if (!system.equals("Linux amd64")) {
        return Optional.of("system: " + system + " (expected: Linux amd64)");
      }
      try {
        Assembler assembler = new Assembler();
        assembler.ret();
        new MachineCode(assembler.code()).run(0, 0, 0, 0, 0, 0, 0, 0);
        return Optional.empty();
      } catch (IllegalCallerException | IllegalStateException e) {
        return Optional.of(e.getMessage());
      }
    }
  }

  /** The two ways to call any code: its address is the first argument. */
  @SuppressWarnings("restricted")
  private static final class Calls {
    private static final ValueLayout LONG = ValueLayout.JAVA_LONG;
    private static final FunctionDescriptor EIGHT_LONGS =
        FunctionDescriptor.ofVoid(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG);

    static final MethodHandle NORMAL = Linker.nativeLinker().downcallHandle(EIGHT_LONGS);
    static final MethodHandle CRITICAL =
        Linker.nativeLinker().downcallHandle(EIGHT_LONGS, Linker.Option.critical(false));
  }

  /** Pages from the operating system. */
  @SuppressWarnings("restricted")
  private static final class ExecutableMemory {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final MemorySegment FAILED = MemorySegment.ofAddress(-1);

    private static final MethodHandle MMAP = function(
        "mmap",
        FunctionDescriptor.of(
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG));
    private static final MethodHandle MPROTECT = function(
        "mprotect",
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle MUNMAP = function(
        "munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private ExecutableMemory() {}

    /** The code in executable memory, which is freed when the segment is unreachable. */
    static MemorySegment copy(byte[] code) {
      MemorySegment pages = map(code.length);
      MemorySegment.copy(code, 0, pages, ValueLayout.JAVA_BYTE, 0, code.length);
      protect(pages);
      return pages;
    }

    private static MemorySegment map(int bytes) {
      MemorySegment pages;
      try {
        pages = (MemorySegment)
            MMAP.invokeExact(MemorySegment.NULL, (long) bytes, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      } catch (Throwable e) {
        throw new AssertionError("mmap throws nothing", e);
      }
      if (pages.equals(FAILED)) {
        throw new IllegalStateException("mmap of " + bytes + " bytes for machine code failed");
      }
      return pages.reinterpret(bytes, Arena.ofAuto(), ExecutableMemory::unmap);
    }

    private static void protect(MemorySegment pages) {
      int result;
      try {
        result = (int) MPROTECT.invokeExact(pages, pages.byteSize(), READ | EXECUTE);
      } catch (Throwable e) {
        throw new AssertionError("mprotect throws nothing", e);
      }
      if (result != 0) {
        throw new IllegalStateException("mprotect refuses executable memory");
      }
    }

    private static void unmap(MemorySegment pages) {
      try {
        int _ = (int) MUNMAP.invokeExact(pages, pages.byteSize());
      } catch (Throwable e) {
        throw new AssertionError("munmap throws nothing", e);
      }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
      Linker linker = Linker.nativeLinker();
      MemorySegment address =
          linker.defaultLookup().find(name).orElseThrow(() -> new IllegalStateException("no function " + name));
      return linker.downcallHandle(address, descriptor);
    }
  }
}
