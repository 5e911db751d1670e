package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.MemorySegment;

/**
 * A {@link ByteMatrix} with what its request says of it.
 *
 * @param sidePort the input that the epilogue reads; -1 for none
 */
record ByteMatrixKernel(
    ByteMatrix product,
    MemorySegment weights,
    ByteParameters parameters,
    MemorySegment rounding,
    int sidePort,
    long sideBytes)
    implements Kernel {

  static ByteMatrixKernel of(
      KernelRequest request, ByteMatrix product, MemorySegment weights, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    return new ByteMatrixKernel(
        product,
        weights,
        new ByteParameters(request, constants),
        ByteRequests.rounding(group.rounding()),
        group.sidePort(),
        group.hasSide() ? request.input(group.sidePort()).bytes() : 0);
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
        sidePort < 0 ? 0 : AddressSpace.address(arguments.input(sidePort), sideBytes, "side"),
        AddressSpace.address(arguments.output(), product.outputBytes(), "output"));
    product.run(operands, arguments.workspace().address() + parameters.workspaceBytes());
  }
}
