package dev.slipway.runtime;

import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/** The constants of an engine in native memory, and their packed forms: those of the plan, and those made since. */
final class ConstantMemory {
  private final Arena arena;
  private final Map<String, MemorySegment> packed;
  private final Map<Tensor, Tensor> aligned = new IdentityHashMap<>();

  ConstantMemory(Arena arena, Map<String, MemorySegment> packed) {
    this.arena = arena;
    this.packed = new HashMap<>(packed);
  }

  PackedConstants of(String node) {
    return (port, format, bytes, pack) -> {
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
    };
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
