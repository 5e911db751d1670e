package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.MemorySegment;

/**
 * A {@link ByteMatrix} with what its request says of it.
 *
 * @param besidePort the input with scales of rows, or that the epilogue reads; -1 for none
 */
record ByteMatrixKernel(
    ByteMatrix product,
    MemorySegment weights,
    ByteParameters parameters,
    MemorySegment rounding,
    int besidePort,
    long besideBytes)
    implements Kernel {

  static ByteMatrixKernel of(
      KernelRequest request, ByteMatrix product, MemorySegment weights, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    int beside = group.scalesRows() ? ByteGroup.X_SCALE : group.sidePort();
    return new ByteMatrixKernel(
        product,
        weights,
        new ByteParameters(request, constants),
        ByteRequests.rounding(group.rounding()),
        beside,
        beside < 0 ? 0 : request.input(beside).bytes());
  }

  @Override
  public long workspaceBytes() {
    return parameters.workspaceBytes() + product.scratchBytes();
  }

  @Override
  public void run(KernelArguments arguments) {
    ByteProduct.Operands operands = new ByteProduct.Operands(
        AddressSpace.address(arguments.input(0), product.inputBytes(), "input"),
        weights.address(),
        parameters.address(arguments, 0),
        rounding.address(),
        besidePort < 0 ? 0 : AddressSpace.address(arguments.input(besidePort), besideBytes, "side"),
        AddressSpace.address(arguments.output(), product.outputBytes(), "output"));
    product.run(operands, arguments.workspace().address() + parameters.workspaceBytes());
  }
}
