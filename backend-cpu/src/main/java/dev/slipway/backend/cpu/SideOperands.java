package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The sides of an epilogue in a request: for each its port, or the memory of a packed constant. */
final class SideOperands {
  private record Operand(int port, MemorySegment packed, BlockedOperand blocked) {}

  private final List<Operand> operands = new ArrayList<>();
  private long workspaceEnd;

  /**
   * @param blocked whether the kernel has its output in NCHW[c]; sides that lie as the output does are copied where the
   *     request has it contiguous
   * @param workspaceStart where copies may lie
   */
  SideOperands(
      KernelRequest request,
      AnchoredGroup group,
      Epilogue epilogue,
      PackedConstants constants,
      int blocks,
      boolean blocked,
      long workspaceStart) {
    workspaceEnd = workspaceStart;
    for (int i = 0; i < group.sidePorts().size(); i++) {
      int port = group.sidePorts().get(i);
      boolean channel = epilogue.sides().get(i) == Side.CHANNEL && request.constant(port).isPresent();
      MemorySegment packed =
          channel ? Requests.channels(request, port, constants, blocks) : MemorySegment.NULL;
      boolean copy = blocked && epilogue.sides().get(i) == Side.FULL;
      BlockedOperand operand =
          copy
              ? BlockedOperand.of(request.input(port), workspaceEnd)
              : BlockedOperand.inPlace(workspaceEnd);
      workspaceEnd += operand.workspaceBytes();
      operands.add(new Operand(port, packed, operand));
    }
  }

  /** Where the workspace that the sides take ends. */
  long workspaceEnd() {
    return workspaceEnd;
  }

  /** The address of a side; 0 where there is none. */
  long address(int side, WorkerPool pool, KernelArguments arguments) {
    if (side >= operands.size()) {
      return 0;
    }
    Operand operand = operands.get(side);
    long packed = operand.packed().address();
    return packed != 0
        ? packed
        : operand.blocked().read(pool, arguments.input(operand.port()).address(), arguments);
  }
}
