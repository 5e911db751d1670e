package dev.slipway.runtime;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The constants of an engine in native memory, and their packed forms: those of the plan, and those made since. On a
 * device with memory of its own they are there too, where kernels read them.
 */
final class ConstantMemory {
  private final Arena arena;
  private final Map<String, MemorySegment> packed;
  private final Map<Tensor, Tensor> aligned = new IdentityHashMap<>();
  private final Optional<DeviceQueue> device;
  private final Map<String, DeviceBuffer> packedOnDevice = new HashMap<>();
  private final Map<Tensor, DeviceBuffer> onDevice = new IdentityHashMap<>();

  /** @param device owns the memory on the device and is closed by the caller */
  ConstantMemory(Arena arena, Map<String, MemorySegment> packed, Optional<DeviceQueue> device) {
    this.arena = arena;
    this.packed = new HashMap<>(packed);
    this.device = device;
  }

  PackedConstants of(String node) {
    return new OfNode(node);
  }

  private final class OfNode implements PackedConstants {
    private final String node;

    OfNode(String node) {
      this.node = node;
    }

    @Override
    public MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      String key = Plan.packedKey(node, port, format);
      synchronized (packed) {
        MemorySegment found = packed.get(key);
        if (found == null || found.byteSize() != bytes) {
          found = arena.allocate(Math.max(bytes, 1), Tensor.ALIGNMENT).asSlice(0, bytes);
          pack.accept(found);
          packed.put(key, found);
        }
        return found;
      }
    }

    @Override
    public DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      MemorySegment form = pack(port, format, bytes, pack);
      synchronized (onDevice) {
        return packedOnDevice.computeIfAbsent(Plan.packedKey(node, port, format), key -> uploaded(form));
      }
    }
  }

  /** The constant in the memory of the device. */
  DeviceBuffer onDevice(Tensor constant) {
    synchronized (onDevice) {
      return onDevice.computeIfAbsent(constant, key -> uploaded(aligned(key).data()));
    }
  }

  private DeviceBuffer uploaded(MemorySegment form) {
    DeviceQueue queue = device.orElseThrow();
    DeviceBuffer buffer = queue.allocate(form.byteSize());
    queue.upload(form, buffer);
    queue.synchronize();
    return buffer;
  }

  /** The constant in native memory aligned to a cache line: itself where it is so already. */
  Tensor aligned(Tensor constant) {
    MemorySegment data = constant.data();
    if (data.isNative() && data.address() % Tensor.ALIGNMENT == 0) {
      return constant;
    }
    synchronized (aligned) {
      Tensor copy = aligned.get(constant);
      if (copy == null) {
        copy = constant.copy(arena);
        aligned.put(constant, copy);
      }
      return copy;
    }
  }

  /** Bytes of packed forms. */
  long packedBytes() {
    synchronized (packed) {
      return packed.values().stream().mapToLong(MemorySegment::byteSize).sum();
    }
  }
}
