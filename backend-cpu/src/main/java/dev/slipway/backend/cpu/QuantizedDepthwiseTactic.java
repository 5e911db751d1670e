package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Convolution of bytes with as many groups as channels, and means, which are such: {@link ByteDepthwise}. */
final class QuantizedDepthwiseTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.depthwise_u8s8_blocked", 1);
  private static final double PRODUCTS_PER_MICRO = 40_000;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  QuantizedDepthwiseTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<ByteGroup> group = ByteGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor() instanceof QuantizedConv conv)) {
      return Requests.unsupported("no convolution of bytes with elementwise operators behind it");
    }
    int rank = request.input(0).shape().rank();
    if (rank != 3 && rank != 4) {
      return Requests.unsupported("rank " + rank + " (expected: 3 or 4)");
    }
    Optional<String> refusal = ByteRequests.productRefusal(request, group.get());
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    ConvShape shape = QuantizedConvTactic.shape(request, conv);
    if (conv.group() != shape.inChannels() || conv.group() != shape.outChannels()) {
      return Requests.unsupported("group " + conv.group() + " (expected: as many as channels)");
    }
    if (conv.wZeroPoint() != 0) {
      return Requests.unsupported("zero point " + conv.wZeroPoint() + " of weights (expected: 0)");
    }
    if (!ByteConvolution.fits(shape)) {
      return Requests.unsupported("planes of 2 GiB and more (expected: less)");
    }
    double products = (double) Requests.elements(request.output()) * shape.kernelHeight() * shape.kernelWidth();
    return new Support.Supported(
        (products / PRODUCTS_PER_MICRO + ByteRequests.copyMicros(request)) / pool.threads());
  }

  @Override
  public boolean warmsUp() {
    return kernels.products().isEmpty();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    ByteDepthwise depthwise = new ByteDepthwise(
        kernels,
        QuantizedConvTactic.shape(request, group.conv()),
        pool.threads(),
        group.range(),
        group.clears(),
        group.epilogue(),
        Arena.ofAuto());
    Tensor weights = request.constant(1).orElseThrow();
    ByteOperands operands = ByteOperands.of(request, group);
    return new DepthwiseKernel(
        pool,
        depthwise,
        operands,
        constants.pack(
            1, depthwise.format(), depthwise.packedBytes(), to -> depthwise.packWeights(weights.data(), to)),
        new ByteParameters(request, constants),
        ByteRequests.rounding(group.rounding()));
  }

  private record DepthwiseKernel(
      WorkerPool pool,
      ByteDepthwise depthwise,
      ByteOperands operands,
      MemorySegment weights,
      ByteParameters parameters,
      MemorySegment rounding)
      implements Kernel {
    @Override
    public long workspaceBytes() {
      return operands.workspaceEnd() + parameters.workspaceBytes() + depthwise.scratchBytes() * pool.threads();
    }

    @Override
    public void run(KernelArguments arguments) {
      depthwise.run(
          pool,
          new ByteConvolution.Operands(
              operands.input().read(pool, arguments.input(0), arguments),
              weights.address(),
              parameters.address(arguments, operands.workspaceEnd()),
              rounding.address(),
              operands.readSide(pool, arguments),
              operands.output().address(arguments.output(), arguments),
              arguments.workspace().address() + operands.workspaceEnd() + parameters.workspaceBytes(),
              parameters.zeroPoint(arguments)));
      operands.output().write(pool, arguments.output(), arguments);
    }
  }
}
