package dev.slipway.testkit;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Native memory between pages that nothing may touch: code that reads or writes outside of it ends the process at once,
 * and the report of the crash names the code. For Linux. For one thread at a time.
 */
public final class GuardedMemory implements AutoCloseable {
  private static final int NONE = 0;
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int PAGE = 4096;

  private final Edge edge;
  private final List<MemorySegment> mappings = new ArrayList<>();

  /** Which end of the memory borders on the pages, to the byte. */
  public enum Edge {
    /** What lies before it is found; the start has the alignment of a page. */
    START,
    /** What lies behind it is found; the start has no alignment but that of the size. */
    END
  }

  public GuardedMemory(Edge edge) {
    this.edge = edge;
  }

  /** Whether this system has such pages. */
  public static boolean isSupported() {
    return System.getProperty("os.name").equals("Linux");
  }

  /** Memory filled with ones: NaN as floats, the largest number as unsigned bytes. */
  @SuppressWarnings("restricted")
  public MemorySegment allocate(long bytes) {
    long inner = Math.ceilDiv(Math.max(bytes, 1), PAGE) * PAGE;
    long address = Calls.map(inner + 2 * PAGE);
    mappings.add(MemorySegment.ofAddress(address).reinterpret(inner + 2 * PAGE));
    Calls.protect(address + PAGE, inner, READ | WRITE);
    long start = address + PAGE + (edge == Edge.END ? inner - bytes : 0);
    return MemorySegment.ofAddress(start).reinterpret(bytes).fill((byte) 0xff);
  }

  /** A copy that cannot be written. */
  public MemorySegment readOnlyCopy(MemorySegment of) {
    MemorySegment copy = allocate(of.byteSize());
    copy.copyFrom(of);
    MemorySegment mapping = mappings.getLast();
    Calls.protect(mapping.address() + PAGE, mapping.byteSize() - 2 * PAGE, READ);
    return copy;
  }

  /** A copy that cannot be written, which lives as long as it is reachable. */
  @SuppressWarnings("restricted")
  public static MemorySegment lastingCopy(MemorySegment of, Edge edge) {
    GuardedMemory memory = new GuardedMemory(edge);
    MemorySegment copy = memory.readOnlyCopy(of);
    return MemorySegment.ofAddress(copy.address()).reinterpret(copy.byteSize(), Arena.ofAuto(), _ -> memory.close());
  }

  /** Frees all that was allocated. */
  @Override
  public void close() {
    mappings.forEach(mapping -> Calls.unmap(mapping.address(), mapping.byteSize()));
    mappings.clear();
  }

  /** Functions of the system, linked when they are first needed. */
  @SuppressWarnings("restricted")
  private static final class Calls {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MMAP =
        function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MPROTECT = function("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private static MethodHandle function(String name, FunctionDescriptor type) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type);
    }

    static long map(long bytes) {
      try {
        long address = (long) MMAP.invokeExact(0L, bytes, NONE, PRIVATE_ANONYMOUS, -1, 0L);
        if (address == -1) {
          throw new IllegalStateException("mmap of " + bytes + " bytes failed");
        }
        return address;
      } catch (Throwable e) {
        throw new IllegalStateException("mmap", e);
      }
    }

    static void protect(long address, long bytes, int access) {
      try {
        if ((int) MPROTECT.invokeExact(address, bytes, access) != 0) {
          throw new IllegalStateException("mprotect of " + bytes + " bytes failed");
        }
      } catch (Throwable e) {
        throw new IllegalStateException("mprotect", e);
      }
    }

    static void unmap(long address, long bytes) {
      try {
        int _ = (int) MUNMAP.invokeExact(address, bytes);
      } catch (Throwable e) {
        throw new IllegalStateException("munmap", e);
      }
    }
  }
}
