package dev.slipway.runtime;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceQueue;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Memory of the host that a device copies from and to at full speed, while the host goes on. For one thread at a time.
 */
final class PinnedMemory {
  /** While one piece is on its way to the device, the host copies the next to where the device fetches it. */
  private static final long PIECE = 2L << 20;

  private final DeviceQueue queue;
  private final NavigableMap<Long, MemorySegment> allocations = new TreeMap<>();

  PinnedMemory(DeviceQueue queue) {
    this.queue = queue;
  }

  DeviceQueue queue() {
    return queue;
  }

  /** Lives until {@link #free}, or as long as the queue. */
  MemorySegment allocate(long bytes) {
    MemorySegment memory = queue.allocateHost(bytes);
    allocations.put(memory.address(), memory);
    return memory;
  }

  void free(MemorySegment memory) {
    allocations.remove(memory.address());
    queue.freeHost(memory);
  }

  /** Whether it lies in memory that was allocated here. */
  boolean contains(MemorySegment memory) {
    if (!memory.isNative()) {
      return false;
    }
    Map.Entry<Long, MemorySegment> before = allocations.floorEntry(memory.address());
    return before != null
        && memory.address() + memory.byteSize() <= before.getKey() + before.getValue().byteSize();
  }

  /** Enqueues a copy to the device by way of memory of the same size, piece by piece. */
  void upload(MemorySegment from, MemorySegment staging, DeviceBuffer to) {
    for (long offset = 0; offset < staging.byteSize(); offset += PIECE) {
      long bytes = Math.min(PIECE, staging.byteSize() - offset);
      MemorySegment.copy(from, offset, staging, offset, bytes);
      queue.upload(staging.asSlice(offset, bytes), to.slice(offset, bytes));
    }
  }
}
