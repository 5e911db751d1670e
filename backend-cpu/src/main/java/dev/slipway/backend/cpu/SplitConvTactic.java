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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The convolutions of {@link ConvTactic} on the matrix unit, as exact as float32 arithmetic: {@link SplitConvolution}.
 */
final class SplitConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.conv_f32_split", 1);
  private static final int CHANNEL_AXIS = 1;

  /** With fewer channels on either side splitting takes longer than the products save. */
  private static final int MIN_CHANNELS = 64;

  /**
   * Rates where another thread of the core keeps the unit busy too; alone it is up to three times as fast. So the unit
   * is taken where it was measured, and seldom on a guess.
   */
  private static final double FMAS_PER_MICRO = 50_000;

  private static final double FMAS_OF_ONE_TAP_PER_MICRO = 40_000;
  private static final double SPLITS_PER_MICRO = 2_300;
  private static final double RESULTS_PER_MICRO = 4_000;

  private final WorkerPool pool;
  private final MicroKernels kernels;
  private final ConvTactic direct;

  SplitConvTactic(WorkerPool pool, MicroKernels kernels) {
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
    Optional<String> unavailable = MatrixUnit.unavailable();
    if (unavailable.isPresent()) {
      return Requests.unsupported(unavailable.get());
    }
    if (direct.supports(request) instanceof Support.Unsupported refused) {
      return refused;
    }
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    ConvShape shape = ConvTactic.shape(request, group);
    if (Math.min(shape.inChannels(), shape.outChannels()) < MIN_CHANNELS) {
      return Requests.unsupported("channels " + shape.inChannels() + " to " + shape.outChannels()
          + " (expected: " + MIN_CHANNELS + " and more)");
    }
    if (new SplitImage(shape, 1).bytes() > Integer.MAX_VALUE) {
      return Requests.unsupported("rows that take 2 GiB and more when split (expected: less)");
    }
    return new Support.Supported(micros(shape));
  }

  private double micros(ConvShape shape) {
    SplitImage image = new SplitImage(shape, shape.outHeight());
    SplitColumns columns = SplitConvolution.columns(shape);
    double steps = (double) columns.steps() * columns.panels() * (image.blocks() + 1) * shape.batch();
    double fmas = steps * SplitFormat.BLOCK * SplitFormat.BLOCK * SplitFormat.STEP;
    double splits = (double) shape.batch() * image.steps() * SplitFormat.STEP * image.rows() * shape.inWidth();
    double results = (double) shape.batch() * columns.panels() * SplitFormat.BLOCK * image.pixels();
    boolean oneTap = shape.kernelHeight() * shape.kernelWidth() == 1;
    double rate = oneTap ? FMAS_OF_ONE_TAP_PER_MICRO : FMAS_PER_MICRO;
    double micros = fmas / rate + splits / SPLITS_PER_MICRO + results / RESULTS_PER_MICRO;
    return 2 + micros / pool.threads();
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public double handicap() {
    return MatrixUnit.HANDICAP;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    return new Convolution(request, group, constants);
  }

  private final class Convolution implements Kernel {
    private final SplitConvolution convolution;
    private final ConvArguments operands;
    private final MemorySegment weights;
    private final long flops;

    Convolution(KernelRequest request, AnchoredGroup group, PackedConstants constants) {
      ConvShape shape = ConvTactic.shape(request, group);
      Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
      convolution = new SplitConvolution(kernels, shape, epilogue, pool.threads(), Arena.ofAuto());
      SplitColumns columns = SplitConvolution.columns(shape);
      operands = ConvArguments.blocked(request, group, epilogue, constants, 2 * columns.panels());
      Tensor w = request.constant(group.port(1)).orElseThrow();
      weights = constants.pack(
          group.port(1), "conv-split", columns.bytes(), to -> SplitConvolution.packWeights(shape, w.data(), to));
      flops = 2L * SplitFormat.PRODUCTS * shape.batch() * shape.outHeight() * shape.outWidth() * shape.outChannels()
          * shape.inChannels() * shape.kernelHeight() * shape.kernelWidth();
    }

    @Override
    public OptionalLong flops() {
      return OptionalLong.of(flops);
    }

    @Override
    public Optional<DType> arithmetic() {
      return Optional.of(DType.BFLOAT16);
    }

    @Override
    public long workspaceBytes() {
      return operands.workspaceEnd() + convolution.scratchBytes();
    }

    @Override
    public void run(KernelArguments arguments) {
      convolution.run(pool, operands.read(pool, arguments, weights));
      operands.write(pool, arguments);
    }
  }
}
