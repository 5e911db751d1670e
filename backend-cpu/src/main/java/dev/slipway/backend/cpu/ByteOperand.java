package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelArguments;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * An activation that a kernel works on in blocks of sixteen channels: where the request has it so, in place; where it
 * is contiguous, as a copy in the workspace.
 *
 * @param copied whether the request has it contiguous
 * @param offset where the copy lies in the workspace
 * @param bytes of the tensor as the request has it
 */
record ByteOperand(ChannelBytes extents, boolean copied, long offset, long bytes) {

  static ByteOperand of(TensorType type, long offset) {
    return new ByteOperand(ChannelBytes.of(type), !ChannelBytes.isBlocked(type), offset, type.bytes());
  }

  /** Where the workspace goes on behind the copy. */
  long workspaceEnd() {
    return copied ? AddressSpace.roundUp(offset + extents.bytes(), AddressSpace.ALIGNMENT) : offset;
  }

  /** The blocked address of an input, after copying it where needed. */
  long read(WorkerPool pool, MemorySegment segment, KernelArguments arguments) {
    long own = AddressSpace.address(segment, bytes, "input");
    if (!copied) {
      return own;
    }
    long copy = arguments.workspace().address() + offset;
    extents.toBlocked(pool, own, copy);
    return copy;
  }

  /** The blocked address at which an output is to be computed. */
  long address(MemorySegment segment, KernelArguments arguments) {
    long own = AddressSpace.address(segment, bytes, "output");
    return copied ? arguments.workspace().address() + offset : own;
  }

  /** Copies a computed output to where the request has it, where needed. */
  void write(WorkerPool pool, MemorySegment segment, KernelArguments arguments) {
    if (copied) {
      extents.toPlain(pool, arguments.workspace().address() + offset, segment.address());
    }
  }
}
