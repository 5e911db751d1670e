package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * 3 x 3 convolution with stride 1, without groups and dilation: {@link WinogradConvolution}. Of the algorithms those
 * are offered whose rounding errors stay within the operator's tolerance.
 */
final class WinogradConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.conv_f32_winograd", 2);
  private static final int CHANNEL_AXIS = 1;

  /** Up to so many times the time of the best prediction another way may still turn out to be faster. */
  private static final double WORTH_MEASURING = 1.3;

  private final WorkerPool pool;
  private final MicroKernels kernels;
  private final ConvTactic direct;

  WinogradConvTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    direct = new ConvTactic(pool, kernels);
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Support supported = direct.supports(request);
    if (!(supported instanceof Support.Supported(double directMicros))) {
      return supported;
    }
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    ConvShape shape = ConvTactic.shape(request, group);
    if (shape.kernelHeight() != Winograd.TAPS || shape.kernelWidth() != Winograd.TAPS) {
      return Requests.unsupported("kernel " + shape.kernelHeight() + "x" + shape.kernelWidth() + " (expected: 3x3)");
    }
    if (shape.strideHeight() != 1 || shape.strideWidth() != 1) {
      return Requests.unsupported(
          "strides [" + shape.strideHeight() + ", " + shape.strideWidth() + "] (expected: [1, 1])");
    }
    if (shape.dilationHeight() != 1 || shape.dilationWidth() != 1) {
      return Requests.unsupported(
          "dilations [" + shape.dilationHeight() + ", " + shape.dilationWidth() + "] (expected: [1, 1])");
    }
    List<Winograd> algorithms = allowed(group, shape);
    if (algorithms.isEmpty()) {
      return Requests.unsupported(WinogradLimit.refusal(shape.inChannels()));
    }
    // On one thread, so that a plan runs the same kernels on any number.
    double directAlone = directMicros * pool.threads();
    if (micros(request, group, shape, algorithms.getFirst(), 1) > directAlone * WORTH_MEASURING) {
      return Requests.unsupported("a layer that a direct convolution is predicted to compute faster");
    }
    return new Support.Supported(micros(request, group, shape, algorithms.getFirst(), pool.threads()));
  }

  private static double micros(
      KernelRequest request, AnchoredGroup group, ConvShape shape, Winograd algorithm, int threads) {
    double copied = copied(request.input(group.port(0))) + copied(request.output());
    return WinogradCost.micros(shape, algorithm, threads) + copied / 1000 / threads;
  }

  /** Elements that are copied from or to the blocked layout. */
  private static double copied(TensorType type) {
    return Requests.isBlocked(type) ? 0 : Requests.elements(type);
  }

  /** Those whose errors are allowed, the fastest predicted first. */
  private List<Winograd> allowed(AnchoredGroup group, ConvShape shape) {
    double epsilons = group.anchor().tolerance(DType.FLOAT32).relativeEpsilons();
    List<Winograd> allowed = new ArrayList<>();
    for (Winograd algorithm : Winograd.values()) {
      if (WinogradLimit.allows(algorithm, shape.inChannels(), epsilons)) {
        allowed.add(algorithm);
      }
    }
    allowed.sort(Comparator.comparingDouble(algorithm -> WinogradCost.micros(shape, algorithm, pool.threads())));
    return allowed;
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    ConvShape shape = ConvTactic.shape(request, group);
    List<TuningChoice> first = new ArrayList<>();
    List<TuningChoice> further = new ArrayList<>();
    List<Winograd> algorithms = allowed(group, shape);
    double best = micros(request, group, shape, algorithms.getFirst(), pool.threads());
    for (Winograd algorithm : algorithms) {
      if (micros(request, group, shape, algorithm, pool.threads()) > best * WORTH_MEASURING) {
        continue;
      }
      for (TileShape tile : kernels.tileChoices(WinogradBlocking.grid(shape, algorithm, pool.threads()))) {
        TuningChoice choice = TuningChoice.of(
            Map.of("m", algorithm.outputs(), "pixels", tile.pixels(), "blocks", tile.blocks()));
        boolean another = first.isEmpty() || first.getLast().get("m") != algorithm.outputs();
        (another ? first : further).add(choice);
      }
    }
    first.addAll(further);
    return first;
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new WinogradKernel(pool, kernels, request, choice, constants);
  }

  private static final class WinogradKernel implements Kernel {
    private final WorkerPool pool;
    private final WinogradConvolution convolution;
    private final ConvArguments operands;
    private final MemorySegment weights;
    private final long flops;

    WinogradKernel(
        WorkerPool pool,
        MicroKernels kernels,
        KernelRequest request,
        TuningChoice choice,
        PackedConstants constants) {
      this.pool = pool;
      AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
      Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
      ConvShape shape = ConvTactic.shape(request, group);
      Winograd algorithm = Winograd.of(choice.get("m"));
      TileShape tile = new TileShape(choice.get("pixels"), choice.get("blocks"));
      WinogradBlocking blocking = new WinogradBlocking(shape, algorithm, tile, pool.threads());
      convolution = new WinogradConvolution(kernels, blocking, epilogue, Arena.ofAuto());
      flops = 2L * algorithm.products() * WinogradBlocking.tiles(shape, algorithm) * shape.inChannels()
          * shape.outChannels();
      operands =
          ConvArguments.blocked(request, group, epilogue, constants, BlockedConvolution.outBlocks(shape));
      Tensor w = request.constant(group.port(1)).orElseThrow();
      weights = constants.pack(
          group.port(1),
          "winograd-" + algorithm.outputs() + "-" + Memory.LANES + "-" + tile.blocks(),
          WinogradWeights.bytes(shape, algorithm),
          to -> new WinogradWeights(shape, algorithm, tile.blocks()).pack(w.data(), to));
    }

    @Override
    public long workspaceBytes() {
      return operands.workspaceEnd() + convolution.scratchBytes();
    }

    /** The products of transformed tiles; the transforms themselves are not counted. */
    @Override
    public OptionalLong flops() {
      return OptionalLong.of(flops);
    }

    @Override
    public void run(KernelArguments arguments) {
      convolution.run(pool, operands.read(pool, arguments, weights));
      operands.write(pool, arguments);
    }
  }
}
