package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Convolution with groups, constant weights: as many groups together as fill whole blocks of channels are one
 * {@link BlockedConvolution}, with weights of zero between them.
 */
final class GroupedConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.groupconv_f32_blocked", 1);
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  GroupedConvTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = ConvTactic.refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    ConvShape shape = ConvTactic.shape(request, AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow());
    if (shape.groups() == 1 || shape.depthwise()) {
      return Requests.unsupported(
          "group " + shape.groups() + " of " + shape.inChannels() + " channels (expected: several of several)");
    }
    MergedGroups merged = MergedGroups.of(shape);
    double micros = kernels.micros(BlockedConvolution.grid(merged.shape())) * merged.count() * shape.batch();
    return new Support.Supported(micros / pool.threads());
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new GroupedKernel(pool, kernels, request, constants);
  }

  private static final class GroupedKernel implements Kernel {
    private final WorkerPool pool;
    private final ConvShape shape;
    private final MergedGroups merged;
    private final Epilogue epilogue;
    private final BlockedConvolution convolution;
    private final ConvArguments operands;
    private final MemorySegment weights;

    GroupedKernel(WorkerPool pool, MicroKernels kernels, KernelRequest request, PackedConstants constants) {
      this.pool = pool;
      AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
      epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
      shape = ConvTactic.shape(request, group);
      merged = MergedGroups.of(shape);
      operands =
          ConvArguments.blocked(request, group, epilogue, constants, BlockedConvolution.outBlocks(shape));
      TileShape tile = kernels.bestTile(BlockedConvolution.grid(merged.shape()));
      convolution = new BlockedConvolution(
          kernels,
          merged.shape(),
          BlockedConvolution.Input.BLOCKED,
          tile,
          sharesOut() ? 1 : pool.threads(),
          epilogue,
          Arena.ofAuto());
      Tensor w = request.constant(group.port(1)).orElseThrow();
      weights = constants.pack(
          group.port(1),
          "groupconv-" + Memory.LANES + "-" + tile.blocks(),
          merged.count() * weightBytes(),
          to -> pack(kernels.moves(), tile, w.data(), to));
    }

    /** Whether there is work for all threads with each computing parts alone. */
    private boolean sharesOut() {
      return shape.batch() * merged.count() >= pool.threads();
    }

    /** Bytes of the packed weights of merged groups. */
    private long weightBytes() {
      return BlockedConvolution.packedBytes(merged.shape());
    }

    private void pack(MatrixMoves moves, TileShape tile, MemorySegment from, MemorySegment to) {
      ConvWeights packing = new ConvWeights(merged.shape(), BlockedConvolution.Input.BLOCKED, tile.blocks());
      for (int i = 0; i < merged.count(); i++) {
        packing.pack(moves, merged.weights(i, from), to.asSlice(i * weightBytes(), weightBytes()));
      }
    }

    @Override
    public long workspaceBytes() {
      return operands.workspaceEnd() + convolution.scratchBytes() * pool.threads();
    }

    @Override
    public void run(KernelArguments arguments) {
      ConvOperands at = operands.read(pool, arguments, weights);
      int parts = shape.batch() * merged.count();
      if (sharesOut()) {
        pool.run(parts, (unit, worker) -> convolution.runAlone(part(at, unit, worker)));
      } else {
        for (int unit = 0; unit < parts; unit++) {
          convolution.run(pool, part(at, unit, 0));
        }
      }
      operands.write(pool, arguments);
    }

    /** The operands of a part: merged groups of one image. */
    private ConvOperands part(ConvOperands at, int unit, int worker) {
      long inBlock = (long) unit * Math.ceilDiv(merged.shape().inChannels(), Memory.LANES);
      long outBlocks = BlockedConvolution.outBlocks(merged.shape());
      long output = unit * outBlocks * shape.outHeight() * shape.outWidth() * Memory.VECTOR_BYTES;
      int index = unit % merged.count();
      long channelBytes = index * outBlocks * Memory.VECTOR_BYTES;
      return new ConvOperands(
          at.input() + inBlock * shape.inHeight() * shape.inWidth() * Memory.VECTOR_BYTES,
          at.weights() + index * weightBytes(),
          at.bias() + channelBytes,
          at.side0() + epilogue.sideOffset(0, channelBytes, output),
          at.side1() + epilogue.sideOffset(1, channelBytes, output),
          at.side2() + epilogue.sideOffset(2, channelBytes, output),
          at.output() + output,
          at.scratch() + worker * convolution.scratchBytes());
    }
  }
}
