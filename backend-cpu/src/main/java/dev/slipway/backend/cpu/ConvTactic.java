package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Conv;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Convolution without groups, one or two spatial axes, constant weights: {@link BlockedConvolution}. */
final class ConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.conv_f32_blocked", 3);
  private static final int CHANNEL_AXIS = 1;

  /** Up to so many channels an image is read as it is, not in blocks. */
  private static final int PLAIN_CHANNELS = 4;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  ConvTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    ConvShape shape = shape(request, group);
    if (shape.groups() != 1) {
      return Requests.unsupported("group " + shape.groups() + " (expected: 1)");
    }
    return new Support.Supported(micros(shape, request, request.input(group.port(0))));
  }

  /** Why a request is no convolution that a {@link BlockedConvolution} computes, whatever its groups. */
  static Optional<String> refusal(KernelRequest request) {
    Optional<AnchoredGroup> found = AnchoredGroup.of(request, CHANNEL_AXIS);
    if (found.isEmpty() || !(found.get().anchor() instanceof Conv)) {
      return Optional.of("no convolution with elementwise operators behind it");
    }
    AnchoredGroup group = found.get();
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return type;
    }
    TensorType in = request.input(group.port(0));
    if (in.shape().rank() != 3 && in.shape().rank() != 4) {
      return Optional.of("rank " + in.shape().rank() + " (expected: 3 or 4)");
    }
    if (request.constant(group.port(1)).isEmpty()
        || group.port(2) >= 0 && request.constant(group.port(2)).isEmpty()
        || group.port(2) >= 0 && group.biasPort() >= 0) {
      return Optional.of("weights or bias that are computed (expected: constants, one bias)");
    }
    if (!Requests.isOwnLayout(in) || !Requests.isOwnLayout(request.output())) {
      return Optional.of(
          "layouts " + in.layout() + " to " + request.output().layout() + " (expected: contiguous or "
              + Requests.BLOCKED + ")");
    }
    if (Requests.elements(in) == 0 || Requests.elements(request.output()) == 0) {
      return Optional.of("empty activations");
    }
    ConvShape shape = shape(request, group);
    if (!BlockedConvolution.fits(shape)) {
      return Optional.of("planes of 2 GiB and more (expected: less)");
    }
    Optional<Epilogue> epilogue = group.epilogue(request, CHANNEL_AXIS);
    if (epilogue.isEmpty()) {
      return Optional.of(group.refusal(request, CHANNEL_AXIS));
    }
    if (shape.batch() > 1 && variesByImage(request, group, epilogue.get())) {
      return Optional.of("a computed epilogue input for each channel, batch " + shape.batch() + " (expected: 1)");
    }
    return Optional.empty();
  }

  static boolean variesByImage(KernelRequest request, AnchoredGroup group, Epilogue epilogue) {
    for (int i = 0; i < epilogue.sides().size(); i++) {
      if (epilogue.sides().get(i) == Side.CHANNEL && request.constant(group.sidePorts().get(i)).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private double micros(ConvShape s, KernelRequest request, TensorType in) {
    double copied = (Requests.isBlocked(in) || s.inChannels() <= PLAIN_CHANNELS ? 0 : Requests.elements(in))
        + (Requests.isBlocked(request.output()) ? 0 : Requests.elements(request.output()));
    return (s.batch() * kernels.micros(BlockedConvolution.grid(s)) + copied / 1000) / pool.threads();
  }

  static ConvShape shape(KernelRequest request, AnchoredGroup group) {
    Conv conv = (Conv) group.anchor();
    TensorType weights = request.input(group.port(1));
    return Requests.convShape(
        request.input(group.port(0)), request.output(), conv.window(weights.shape()), Math.toIntExact(conv.group()));
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    ConvShape shape = shape(request, AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow());
    return kernels.tileChoices(BlockedConvolution.grid(shape)).stream()
        .map(tile -> TuningChoice.of(Map.of("rows", tile.rows(), "pixels", tile.pixels(), "blocks", tile.blocks())))
        .toList();
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new ConvKernel(pool, kernels, request, choice, constants);
  }

  private static final class ConvKernel implements Kernel {
    private final WorkerPool pool;
    private final BlockedConvolution convolution;
    private final ConvArguments operands;
    private final MemorySegment weights;

    ConvKernel(
        WorkerPool pool,
        MicroKernels kernels,
        KernelRequest request,
        TuningChoice choice,
        PackedConstants constants) {
      this.pool = pool;
      AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
      Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
      ConvShape shape = shape(request, group);
      boolean plain = !Requests.isBlocked(request.input(group.port(0))) && shape.inChannels() <= PLAIN_CHANNELS;
      BlockedConvolution.Input layout = plain ? BlockedConvolution.Input.PLAIN : BlockedConvolution.Input.BLOCKED;
      int blocks = BlockedConvolution.outBlocks(shape);
      operands = plain
          ? ConvArguments.plainInput(request, group, epilogue, constants, blocks)
          : ConvArguments.blocked(request, group, epilogue, constants, blocks);
      TileShape tile = tile(shape, choice);
      convolution = new BlockedConvolution(kernels, shape, layout, tile, pool.threads(), epilogue, Arena.ofAuto());
      Tensor w = request.constant(group.port(1)).orElseThrow();
      weights = constants.pack(
          group.port(1),
          "conv-" + layout + "-" + Memory.LANES + "-" + tile.blocks(),
          BlockedConvolution.packedBytes(shape),
          to -> new ConvWeights(shape, layout, tile.blocks()).pack(kernels.moves(), w.data(), to));
    }

    /** The tile that was chosen, for a shape of a profile that may have a shorter row than the tuned one. */
    private static TileShape tile(ConvShape shape, TuningChoice choice) {
      TileGrid grid = BlockedConvolution.grid(shape);
      int pixels = Math.min(choice.get("pixels"), grid.pixels());
      int rows = pixels == grid.pixels() ? Math.min(choice.get("rows"), grid.rows()) : 1;
      return new TileShape(rows, pixels, choice.get("blocks"));
    }

    @Override
    public long workspaceBytes() {
      return operands.workspaceEnd() + convolution.scratchBytes() * pool.threads();
    }

    @Override
    public void run(KernelArguments arguments) {
      convolution.run(pool, operands.read(pool, arguments, weights));
      operands.write(pool, arguments);
    }
  }
}
