package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A {@link ByteMatrix} with what its request says of it.
 *
 * @param rowSums of the left matrix, where weights have a zero point: they lie beside in place of an input
 * @param besidePort the input with scales of rows, or that the epilogue reads; -1 for none
 */
record ByteMatrixKernel(
    ByteMatrix product,
    MemorySegment weights,
    ByteParameters parameters,
    MemorySegment rounding,
    Optional<ByteRowSums> rowSums,
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
        rowSums(product.shape(), group.wZeroPoint()),
        beside,
        beside < 0 ? 0 : request.input(beside).bytes());
  }

  private static Optional<ByteRowSums> rowSums(MatrixShape shape, int zeroPoint) {
    return zeroPoint == 0 ? Optional.empty() : Optional.of(new ByteRowSums(shape.rows(), shape.depth(), -zeroPoint));
  }

  @Override
  public long workspaceBytes() {
    return scratchStart() + product.scratchBytes();
  }

  private long scratchStart() {
    return parameters.workspaceBytes() + rowSums.map(ByteRowSums::bytes).orElse(0L);
  }

  /** The address of what lies beside the rows. */
  private long beside(long input, KernelArguments arguments) {
    if (rowSums.isPresent()) {
      long to = arguments.workspace().address() + parameters.workspaceBytes();
      rowSums.get().run(product.pool(), input, to);
      return to;
    }
    return besidePort < 0 ? 0 : AddressSpace.address(arguments.input(besidePort), besideBytes, "side");
  }

  @Override
  public void run(KernelArguments arguments) {
    long input = AddressSpace.address(arguments.input(0), product.inputBytes(), "input");
    ByteProduct.Operands operands = new ByteProduct.Operands(
        input,
        weights.address(),
        parameters.address(arguments, 0),
        rounding.address(),
        beside(input, arguments),
        AddressSpace.address(arguments.output(), product.outputBytes(), "output"));
    product.run(operands, arguments.workspace().address() + scratchStart());
  }
}
