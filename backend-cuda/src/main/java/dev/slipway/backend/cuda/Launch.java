package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * One launch of a generated kernel.
 *
 * @param function of the driver
 * @param sharedBytes of memory that a block allocates when it is launched
 */
record Launch(long function, Grid grid, int sharedBytes, List<Parameter> parameters) {

  Launch {
    parameters = List.copyOf(parameters);
  }

  /** What a parameter of the kernel is: an address, or a number of up to 64 bits. */
  sealed interface Parameter {
    record Input(int port) implements Parameter {}

    record Output(int port) implements Parameter {}

    record Workspace(long offset) implements Parameter {}

    /** A constant that the kernel has packed. */
    record Packed(DeviceBuffer buffer) implements Parameter {}

    record Number(long value) implements Parameter {}
  }

  void enqueue(CudaQueue queue, DeviceArguments arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, parameters.size()));
      MemorySegment addresses = arena.allocate(ValueLayout.ADDRESS, Math.max(1, parameters.size()));
      for (int i = 0; i < parameters.size(); i++) {
        values.setAtIndex(ValueLayout.JAVA_LONG, i, value(parameters.get(i), arguments));
        addresses.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice((long) i * Long.BYTES));
      }
      queue.driver().launch(function, grid, sharedBytes, queue.stream(), addresses);
    }
  }

  private static long value(Parameter parameter, DeviceArguments arguments) {
    return switch (parameter) {
      case Parameter.Input(int port) -> arguments.input(port).address();
      case Parameter.Output(int port) -> arguments.output(port).address();
      case Parameter.Workspace(long offset) -> arguments.workspace().address() + offset;
      case Parameter.Packed(DeviceBuffer buffer) -> buffer.address();
      case Parameter.Number(long number) -> number;
    };
  }
}
