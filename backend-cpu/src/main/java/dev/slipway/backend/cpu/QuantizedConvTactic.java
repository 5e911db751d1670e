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
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Convolution of bytes without groups, one or two spatial axes: {@link ByteConvolution}. */
final class QuantizedConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.conv_u8s8_blocked", 1);

  private final WorkerPool pool;
  private final ByteKernels kernels;

  QuantizedConvTactic(WorkerPool pool, ByteKernels kernels) {
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
    if (conv.group() != 1 && conv.wZeroPoint() != 0) {
      return Requests.unsupported("group " + conv.group() + " with a zero point of weights (expected: one of them)");
    }
    Optional<String> refusal = ByteRequests.productRefusal(request, group.get());
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    ConvShape shape = images(request, conv);
    if (!ByteConvolution.fits(shape)) {
      return Requests.unsupported("planes of 2 GiB and more (expected: less)");
    }
    double micros = shape.batch() * kernels.micros(ByteConvolution.grid(shape), group.get().epilogue());
    return new Support.Supported((micros + ByteRequests.copyMicros(request)) / pool.threads());
  }

  /** Each group of an image as an image. */
  private static ConvShape images(KernelRequest request, QuantizedConv conv) {
    ConvShape shape = shape(request, conv);
    return MergedGroups.of(shape, ChannelBytes.BLOCK).images(shape.batch());
  }

  static ConvShape shape(KernelRequest request, QuantizedConv conv) {
    return Requests.convShape(
        request.input(0),
        request.output(),
        conv.window(request.input(1).shape()),
        Math.toIntExact(conv.group()));
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    ConvShape shape = images(request, group.conv());
    return kernels.tiles(ByteConvolution.grid(shape), group.epilogue()).stream()
        .map(tile -> TuningChoice.of(Map.of("pixels", tile.pixels(), "blocks", tile.blocks())))
        .toList();
  }

  @Override
  public boolean warmsUp() {
    return kernels.products().isEmpty();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new ConvKernel(pool, kernels, request, choice, constants);
  }

  private static final class ConvKernel implements Kernel {
    private final WorkerPool pool;
    private final ByteConvolution convolution;
    private final ByteOperands operands;
    private final MemorySegment weights;
    private final ByteParameters parameters;
    private final Optional<ByteSums> sums;
    private final MemorySegment rounding;

    ConvKernel(
        WorkerPool pool,
        ByteKernels kernels,
        KernelRequest request,
        TuningChoice choice,
        PackedConstants constants) {
      this.pool = pool;
      ByteGroup group = ByteGroup.of(request).orElseThrow();
      QuantizedConv conv = group.conv();
      MergedGroups merged = MergedGroups.of(shape(request, conv), ChannelBytes.BLOCK);
      ConvShape shape = images(request, conv);
      int pixels = Math.min(choice.get("pixels"), ByteConvolution.pixelsPerRow(shape));
      TileShape tile = new TileShape(pixels, choice.get("blocks"));
      convolution = new ByteConvolution(
          kernels,
          Requests.dims(request.input(0))[0],
          merged,
          tile,
          pool.threads(),
          group.range(),
          group.clears(),
          conv.wZeroPoint() != 0,
          group.epilogue(),
          Arena.ofAuto());
      operands = ByteOperands.of(request, group);
      ByteWeights format = kernels.weights(shape.outChannels(), tile.blocks());
      Tensor w = request.constant(1).orElseThrow();
      weights = constants.pack(
          1,
          format.format("conv"),
          merged.count() * format.bytes(ByteConvolution.steps(shape)),
          to -> ByteConvolution.packWeights(merged, format, w.data(), to));
      parameters = new ByteParameters(request, constants);
      sums = conv.wZeroPoint() == 0 ? Optional.empty() : Optional.of(new ByteSums(shape, -conv.wZeroPoint()));
      rounding = ByteRequests.rounding(group.rounding());
    }

    @Override
    public long workspaceBytes() {
      return scratchStart() + convolution.scratchBytes() * pool.threads();
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
      convolution.run(
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
}
