package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelArguments;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;

/**
 * An activation that a kernel works on in NCHW[c]: where the request has it so, in place; where it is contiguous, as a
 * copy in the workspace.
 *
 * @param reorder the copy's extents
 * @param copied whether the request has it contiguous
 * @param workspaceOffset where the copy lies
 */
record BlockedOperand(BlockedReorder reorder, boolean copied, long workspaceOffset) {

  /** The operand for a tensor; copies start at {@code workspaceOffset}. */
  static BlockedOperand of(TensorType type, long workspaceOffset) {
    int[] dims = Requests.dims(type);
    int spatial = 1;
    for (int i = 2; i < dims.length; i++) {
      spatial *= dims[i];
    }
    return new BlockedOperand(
        new BlockedReorder(dims[0], dims[1], spatial), type.layout().equals(Layout.CONTIGUOUS), workspaceOffset);
  }

  /** An operand that is worked on as it is. */
  static BlockedOperand inPlace(long workspaceOffset) {
    return new BlockedOperand(new BlockedReorder(0, 0, 0), false, workspaceOffset);
  }

  /** Bytes of workspace, rounded up to whole lines. */
  long workspaceBytes() {
    return copied ? Memory.roundUp(reorder.blockedBytes(), Memory.ALIGNMENT) : 0;
  }

  /** The blocked address of an input, after copying it where needed. */
  long read(WorkerPool pool, long address, KernelArguments arguments) {
    if (!copied) {
      return address;
    }
    long copy = arguments.workspace().address() + workspaceOffset;
    reorder.toBlocked(pool, address, copy);
    return copy;
  }

  /** The blocked address at which an output is to be computed. */
  long target(long address, KernelArguments arguments) {
    return copied ? arguments.workspace().address() + workspaceOffset : address;
  }

  /** Copies a computed output to where the request has it, where needed. */
  void write(WorkerPool pool, long address, KernelArguments arguments) {
    if (copied) {
      reorder.toPlain(pool, arguments.workspace().address() + workspaceOffset, address);
    }
  }
}
