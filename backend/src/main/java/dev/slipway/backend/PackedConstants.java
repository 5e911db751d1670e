package dev.slipway.backend;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** Gives constants of one node in a form that a kernel likes: from the plan where it has them, else packed now. */
@FunctionalInterface
public interface PackedConstants {

  /**
   * The packed form of an input.
   *
   * @param port the constant input of the request that is packed
   * @param format names the form and everything that it depends on besides the constant: {@code gemm-panels-64}
   * @param bytes its size
   * @param pack writes it; called at most once, with zeroed memory aligned to 64 bytes
   * @return native memory that lives as long as the engine
   */
  MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack);

  /**
   * The packed form in the memory of the device, for {@link DeviceKernel}s.
   *
   * @return memory that lives as long as the engine
   * @throws IllegalStateException where the backend has no memory of its own
   */
  default DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
    throw new IllegalStateException("constant " + port + " as " + format + ": wanted on a device without memory");
  }
}
