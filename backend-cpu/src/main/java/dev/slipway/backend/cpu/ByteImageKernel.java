package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A {@link ByteImageProduct} with what its request says of it. */
final class ByteImageKernel implements Kernel {
  private final WorkerPool pool;
  private final ByteImageProduct product;
  private final ByteOperands operands;
  private final MemorySegment weights;
  private final ByteParameters parameters;
  private final Optional<ByteSums> sums;
  private final MemorySegment rounding;

  ByteImageKernel(
      WorkerPool pool,
      KernelRequest request,
      ByteImageProduct product,
      MemorySegment weights,
      PackedConstants constants) {
    this.pool = pool;
    this.product = product;
    this.weights = weights;
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    operands = ByteOperands.of(request, group);
    parameters = new ByteParameters(request, constants);
    int zeroPoint = group.wZeroPoint();
    sums = zeroPoint == 0
        ? Optional.empty()
        : Optional.of(new ByteSums(QuantizedConvTactic.shape(request, group.conv()), -zeroPoint));
    rounding = ByteRequests.rounding(group.rounding());
  }

  @Override
  public long workspaceBytes() {
    return scratchStart() + product.scratchBytes() * pool.threads();
  }

  private long sumsStart() {
    return operands.workspaceEnd() + parameters.workspaceBytes();
  }

  private long scratchStart() {
    return sumsStart() + sums.map(ByteSums::bytes).orElse(0L);
  }

  @Override
  public void run(KernelArguments arguments) {
    long out = operands.output().address(arguments.output(), arguments);
    long in = operands.input().read(pool, arguments.input(0), arguments);
    int zeroPoint = parameters.zeroPoint(arguments);
    product.run(
        pool,
        new ByteConvolution.Operands(
            in,
            weights.address(),
            parameters.address(arguments, operands.workspaceEnd()),
            rounding.address(),
            sums.isPresent() ? windowSums(in, zeroPoint, arguments) : operands.readSide(pool, arguments),
            out,
            arguments.workspace().address() + scratchStart(),
            zeroPoint));
    operands.output().write(pool, arguments.output(), arguments);
  }

  private long windowSums(long input, int zeroPoint, KernelArguments arguments) {
    long to = arguments.workspace().address() + sumsStart();
    sums.orElseThrow().run(pool, input, zeroPoint, to);
    return to;
  }
}
