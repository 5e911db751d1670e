package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How a kernel of a convolution or a window finds its operands: the input, the output and the sides in the layout that
 * it works on, which are copies in the workspace where the request has them otherwise, and the bias.
 *
 * @param inputPort port of the request that is the input
 * @param bias padded to whole blocks
 */
record ConvArguments(
    int inputPort, BlockedOperand input, BlockedOperand output, SideOperands sides, MemorySegment bias) {

  /**
   * For a kernel with its input and output in NCHW[c].
   *
   * @param blocks to which constants for each channel are padded
   */
  static ConvArguments blocked(
      KernelRequest request, AnchoredGroup group, Epilogue epilogue, PackedConstants constants, int blocks) {
    BlockedOperand input = BlockedOperand.of(request.input(group.port(0)), 0);
    return toBlocked(request, group, epilogue, constants, blocks, input);
  }

  /** The same for a kernel that reads the input as it is. */
  static ConvArguments plainInput(
      KernelRequest request, AnchoredGroup group, Epilogue epilogue, PackedConstants constants, int blocks) {
    return toBlocked(request, group, epilogue, constants, blocks, BlockedOperand.inPlace(0));
  }

  private static ConvArguments toBlocked(
      KernelRequest request,
      AnchoredGroup group,
      Epilogue epilogue,
      PackedConstants constants,
      int blocks,
      BlockedOperand input) {
    BlockedOperand output = BlockedOperand.of(request.output(), input.workspaceBytes());
    long copies = input.workspaceBytes() + output.workspaceBytes();
    SideOperands sides = new SideOperands(request, group, epilogue, constants, blocks, true, copies);
    int port = biasPort(group);
    MemorySegment bias = port >= 0
        ? Requests.channels(request, port, constants, blocks)
        : Arena.ofAuto().allocate((long) blocks * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
    return new ConvArguments(group.port(0), input, output, sides, bias);
  }

  /** For a kernel with its input in NCHW[c] and a contiguous output. */
  static ConvArguments plainOutput(
      KernelRequest request, AnchoredGroup group, Epilogue epilogue, PackedConstants constants, MemorySegment bias) {
    BlockedOperand input = BlockedOperand.of(request.input(group.port(0)), 0);
    long copied = input.workspaceBytes();
    int blocks = Math.ceilDiv(Requests.dims(request.output())[1], Memory.LANES);
    SideOperands sides = new SideOperands(request, group, epilogue, constants, blocks, false, copied);
    return new ConvArguments(group.port(0), input, BlockedOperand.inPlace(copied), sides, bias);
  }

  /** The port of a group's constant bias; -1 where it has none. */
  static int biasPort(AnchoredGroup group) {
    return group.port(2) >= 0 ? group.port(2) : group.biasPort();
  }

  /** Where the workspace that copies take ends. */
  long workspaceEnd() {
    return Memory.roundUp(sides.workspaceEnd(), Memory.ALIGNMENT);
  }

  /** The operands of one run, copied where needed; scratch memory starts behind the copies. */
  ConvOperands read(WorkerPool pool, KernelArguments arguments, MemorySegment weights) {
    return new ConvOperands(
        input.read(pool, arguments.input(inputPort).address(), arguments),
        weights.address(),
        bias.address(),
        sides.address(0, pool, arguments),
        sides.address(1, pool, arguments),
        sides.address(2, pool, arguments),
        output.target(arguments.output().address(), arguments),
        arguments.workspace().address() + workspaceEnd());
  }

  /** Brings a computed output to where the request has it. */
  void write(WorkerPool pool, KernelArguments arguments) {
    output.write(pool, arguments.output().address(), arguments);
  }
}
