package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** Packs constants anew for each kernel, and uploads them. */
record DeviceConstants(Arena arena, CudaQueue queue) implements PackedConstants {
  @Override
  public MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack) {
    MemorySegment form = arena.allocate(bytes, 64);
    pack.accept(form);
    return form;
  }

  @Override
  public DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
    DeviceBuffer buffer = queue.allocate(bytes);
    queue.upload(pack(port, format, bytes, pack), buffer);
    queue.synchronize();
    return buffer;
  }
}
