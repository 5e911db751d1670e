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
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    QuantizedConv conv = group.conv();
    MergedGroups merged = MergedGroups.of(shape(request, conv), ChannelBytes.BLOCK);
    ConvShape shape = images(request, conv);
    int pixels = Math.min(choice.get("pixels"), ByteConvolution.pixelsPerRow(shape));
    TileShape tile = new TileShape(pixels, choice.get("blocks"));
    ByteConvolution convolution = new ByteConvolution(
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
    ByteWeights format = kernels.weights(shape.outChannels(), tile.blocks());
    Tensor w = request.constant(1).orElseThrow();
    MemorySegment weights = constants.pack(
        1,
        format.format("conv"),
        merged.count() * format.bytes(ByteConvolution.steps(shape)),
        to -> ByteConvolution.packWeights(merged, format, w.data(), to));
    return new ByteImageKernel(pool, request, convolution, weights, constants);
  }
}
