package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import java.util.Optional;

/**
 * The activations of a convolution of bytes, copies one behind the other.
 *
 * @param sidePort the request's input that is the side; -1 for none
 */
record ByteOperands(ByteOperand input, ByteOperand output, Optional<ByteOperand> side, int sidePort) {

  static ByteOperands of(KernelRequest request, ByteGroup group) {
    ByteOperand input = ByteOperand.of(request.input(0), 0);
    ByteOperand output = ByteOperand.of(request.output(), input.workspaceEnd());
    Optional<ByteOperand> side = group.hasSide()
        ? Optional.of(ByteOperand.of(request.input(group.sidePort()), output.workspaceEnd()))
        : Optional.empty();
    return new ByteOperands(input, output, side, group.sidePort());
  }

  /** Where the workspace goes on behind all copies. */
  long workspaceEnd() {
    return side.map(ByteOperand::workspaceEnd).orElse(output.workspaceEnd());
  }

  /** The blocked address of the side, after copying it where needed; 0 where there is none. */
  long readSide(WorkerPool pool, KernelArguments arguments) {
    return side.isPresent() ? side.get().read(pool, arguments.input(sidePort), arguments) : 0;
  }
}
