package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Conv;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Convolutions of float16 with channels last as products on tensor cores, with everything elementwise behind them in one
 * kernel. Takes those that memory or few channels bound, where libraries are weak: windows of one pixel, and windows of
 * short rows, as first layers have.
 */
final class TileConvTactic extends CudaTactic {
  /** Longer rows than this are for libraries, unless the window is one pixel. */
  private static final long LONGEST_WINDOW = 512;

  private static final long MANY_BLOCKS = 264;
  private static final double FLOPS_PER_MICRO = 2e8;

  TileConvTactic(CudaDevice device) {
    super("cuda.tile_conv", 2, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor().orElse(request.op()) instanceof Conv conv)) {
      return Requests.operator(request, "Conv");
    }
    Optional<String> refusal = Requests.notReal(request).or(() -> ConvRequest.refusal(request, group.get()));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    if (!ConvRequest.isHalf(request) || conv.group() != 1 || request.output().shape().rank() != 4) {
      return Requests.unsupported("output " + request.output() + " in " + conv.group()
          + " groups (expected: 16-bit floats with channels last, one group, two spatial axes)");
    }
    Optional<ChannelEpilogue> epilogue = ChannelEpilogue.of(request, group.get().epilogue(), 1);
    if (epilogue.isEmpty() || epilogue.get().sidesLikeOutput() > 1) {
      return Requests.unsupported("sides that lie otherwise than the output, which one may, or its channels");
    }
    ConvProblem problem = ConvRequest.of(request, group.get()).problem();
    if (depth(problem) > LONGEST_WINDOW && taps(problem) > 1 || elements(problem.input()) > Integer.MAX_VALUE
        || elements(problem.output()) / problem.output().dims().get(1) > Integer.MAX_VALUE) {
      return Requests.unsupported("window of " + depth(problem) + " elements (expected: at most " + LONGEST_WINDOW + ")");
    }
    return new Support.Supported(Requests.movementMicros(request) + problem.flops() / FLOPS_PER_MICRO);
  }

  private static long taps(ConvProblem problem) {
    return problem.weights().dims().get(2) * problem.weights().dims().get(3);
  }

  private static long depth(ConvProblem problem) {
    return taps(problem) * problem.input().dims().get(1);
  }

  private static long elements(ConvProblem.Array array) {
    return array.dims().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }

  private static long pixels(ConvProblem problem) {
    List<Long> dims = problem.output().dims();
    return dims.get(0) * dims.get(2) * dims.get(3);
  }

  /** Tiles that are not much wider than the channels; many blocks first. */
  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    ConvProblem problem = ConvRequest.of(request, FusedGroup.of(request).orElseThrow()).problem();
    long channels = problem.output().dims().get(1);
    List<TileShape> fitting = TileShape.ALL.stream()
        .filter(tile -> tile.columns() < 2 * Math.max(channels, 16) && tile.rows() < 2 * Math.max(pixels(problem), 32))
        .toList();
    List<TuningChoice> choices = new ArrayList<>();
    List<TuningChoice> few = new ArrayList<>();
    for (TileShape tile : fitting) {
      (tile.blocks(pixels(problem), channels) >= MANY_BLOCKS ? choices : few).add(tile.choice());
    }
    choices.addAll(few.reversed());
    return choices;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    ConvRequest conv = ConvRequest.of(request, group);
    ConvProblem problem = conv.problem();
    ChannelEpilogue epilogue = ChannelEpilogue.of(request, group.epilogue(), 1).orElseThrow();
    TileShape tile = TileShape.of(choice);
    long depth = depth(problem);
    KernelCompiler.Source source =
        new TileSource(tile, rows(problem), epilogue, conv.biasPort() >= 0).write();
    ConvRequest.Packed packed = conv.packed(constants).orElseThrow();
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(conv.inputPort()));
    parameters.add(new Launch.Parameter.Packed(packed.weights()));
    packed.bias().ifPresent(bias -> parameters.add(new Launch.Parameter.Packed(bias)));
    parameters.addAll(epilogue.arguments());
    parameters.add(new Launch.Parameter.Output(0));
    long channels = problem.output().dims().get(1);
    for (long size : new long[] {pixels(problem), channels, depth}) {
      parameters.add(new Launch.Parameter.Number(size));
    }
    Grid grid = Grid.blocks(tile.blocks(pixels(problem), channels), tile.threads());
    Launch launch = new Launch(device.function(source), grid, source.sharedBytes(), parameters);
    Set<Integer> constantPorts =
        conv.biasPort() < 0 ? Set.of(conv.weightsPort()) : Set.of(conv.weightsPort(), conv.biasPort());
    return new GeneratedKernel(device, List.of(launch), 0, constantPorts);
  }

  private static TileSource.Rows rows(ConvProblem problem) {
    List<Long> in = problem.input().dims();
    List<Long> out = problem.output().dims();
    List<Long> kernel = problem.weights().dims();
    boolean isMatrix = taps(problem) == 1 && problem.strides().equals(List.of(1L, 1L))
        && problem.pads().equals(List.of(0L, 0L));
    return isMatrix
        ? new TileSource.Rows.Matrix()
        : new TileSource.Rows.Windows(
            in.get(2), in.get(3), in.get(1), out.get(2), out.get(3), kernel.get(2), kernel.get(3),
            problem.strides().get(0), problem.strides().get(1), problem.dilations().get(0), problem.dilations().get(1),
            problem.pads().get(0), problem.pads().get(1));
  }
}
