package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * One launch of a generated kernel, whose parameters are all pointers.
 *
 * @param function of the driver
 * @param sharedBytes of memory that a block allocates when it is launched
 */
record Launch(long function, Grid grid, int sharedBytes, List<Pointer> pointers) {

  Launch {
    pointers = List.copyOf(pointers);
  }

  /** What a parameter points to. */
  sealed interface Pointer {
    record Input(int port) implements Pointer {}

    record Output(int port) implements Pointer {}

    record Workspace(long offset) implements Pointer {}

    /** A constant that the kernel has packed. */
    record Packed(DeviceBuffer buffer) implements Pointer {}
  }

  void enqueue(CudaQueue queue, DeviceArguments arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, pointers.size()));
      MemorySegment addresses = arena.allocate(ValueLayout.ADDRESS, Math.max(1, pointers.size()));
      for (int i = 0; i < pointers.size(); i++) {
        values.setAtIndex(ValueLayout.JAVA_LONG, i, address(pointers.get(i), arguments));
        addresses.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice((long) i * Long.BYTES));
      }
      queue.driver().launch(function, grid, sharedBytes, queue.stream(), addresses);
    }
  }

  private static long address(Pointer pointer, DeviceArguments arguments) {
    return switch (pointer) {
      case Pointer.Input(int port) -> arguments.input(port).address();
      case Pointer.Output(int port) -> arguments.output(port).address();
      case Pointer.Workspace(long offset) -> arguments.workspace().address() + offset;
      case Pointer.Packed(DeviceBuffer buffer) -> buffer.address();
    };
  }
}
