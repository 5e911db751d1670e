package dev.slipway.backend.cpu;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.Peaks;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.operators.Conv;
import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.Fused;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** The processor's tactics, which share one worker pool. */
final class CpuBackend implements Backend {
  private final Artifacts artifacts = new Artifacts();
  private final WorkerPool pool;
  private final Device device;
  private final List<Tactic> tactics;
  private final boolean vectors;

  CpuBackend(int threads) {
    pool = new WorkerPool(threads);
    vectors = VectorSupport.usable();
    GeneratedCode codes = new GeneratedCode(artifacts);
    Optional<MicroKernels> kernels = vectors ? Optional.of(kernels(codes)) : Optional.empty();
    device = new Device(
        "cpu",
        0,
        Processor.description() + ", threads " + threads,
        "cpu " + Processor.description() + kernels.map(made -> ", " + describe(made)).orElse(""));
    ByteKernels bytes = vectors ? ByteKernels.best(codes) : ByteKernels.scalar(codes);
    List<Tactic> reals = kernels.map(made -> vectorTactics(pool, made, bytes)).orElseGet(() -> scalarTactics(pool));
    tactics = Stream.concat(reals.stream(), byteTactics(pool, bytes).stream()).toList();
  }

  /** @param codes where machine code comes from and goes to */
  static MicroKernels kernels(GeneratedCode codes) {
    Optional<Isa> isa = Isa.best();
    return isa.isPresent()
        ? new MachineMicroKernels(isa.get(), codes)
        : new VectorMicroKernels();
  }

  static String describe(MicroKernels kernels) {
    return kernels.name() + (MatrixUnit.unavailable().isEmpty() ? ", matrix unit" : "");
  }

  private static List<Tactic> vectorTactics(WorkerPool pool, MicroKernels kernels, ByteKernels bytes) {
    return List.of(
        new ConvTactic(pool, kernels),
        new WinogradConvTactic(pool, kernels),
        new SplitConvTactic(pool, kernels),
        new DepthwiseConvTactic(pool, kernels),
        new GroupedConvTactic(pool, kernels),
        new UpsamplingTactic(pool, kernels),
        new PoolTactic(pool, kernels),
        new GlobalMaxPoolTactic(pool),
        new MatMulTactic(pool, kernels),
        new SplitMatMulTactic(pool, kernels),
        new BatchedMatMulTactic(pool, kernels),
        new PointwiseTactic(pool, kernels),
        new ReorderTactic(pool),
        new PixelMajorTactic(pool, kernels),
        new ChannelGatherTactic(pool, kernels),
        new AttentionTactic(pool, kernels),
        new ConvTransposeTactic(pool, kernels),
        new IntegerProductTactic(pool, kernels),
        new MatrixUnitMatMulTactic(pool, bytes),
        new MatrixUnitByteConvTactic(pool, bytes),
        new DynamicQuantizeTactic(pool, bytes),
        new TypedPointwiseTactic(pool),
        new SoftmaxTactic(pool, kernels),
        new LayerNormalizationTactic(pool, kernels),
        new ReductionTactic(pool),
        new RecurrentTactic(pool, kernels),
        new ArgExtremumTactic(pool),
        new DataMovement(pool, kernels::moves),
        new PadTactic(),
        new GatherRuns(pool),
        new ResizeTactic(pool, kernels));
  }

  private static List<Tactic> scalarTactics(WorkerPool pool) {
    return List.of(
        new ScalarConvTactic(pool),
        new ScalarMatMulTactic(pool),
        new ScalarPoolTactic(pool),
        new ScalarPointwiseTactic(pool),
        new ScalarSoftmaxTactic(pool),
        new ScalarLayerNormalizationTactic(pool),
        new ArgExtremumTactic(pool),
        new DataMovement(pool, ScalarMatrixMoves::new),
        new GatherRuns(pool),
        new NearestResize());
  }

  /** Those that have the same kernels on every path. */
  private static List<Tactic> byteTactics(WorkerPool pool, ByteKernels bytes) {
    return List.of(
        new QuantizedConvTactic(pool, bytes),
        new QuantizedDepthwiseTactic(pool, bytes),
        new QuantizedMatMulTactic(pool, bytes),
        new ByteMapTactic(pool, bytes),
        new ByteMaxPoolTactic(pool, bytes),
        new ByteResizeTactic(pool),
        new ByteReorderTactic(pool),
        new BlockedQuantizeTactic(pool, bytes),
        new QuantizeRowsTactic(pool, bytes),
        new QuantizeTactic(pool, bytes));
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public List<Tactic> tactics() {
    return tactics;
  }

  @Override
  public Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    if (isByteConvolution(op) || op instanceof QuantizeLinear && isImage(out)) {
      boolean bytesOrSame =
          out.getFirst().dtype() == DType.UINT8 || vectors && Requests.BLOCKED.equals(ChannelBytes.LAYOUT);
      return bytesOrSame ? Optional.of(ChannelBytes.LAYOUT) : Optional.empty();
    }
    boolean blocked = op instanceof Fused(var body)
        ? body.nodes().stream().map(Node::op).anyMatch(part -> prefersBlocked(part, out))
        : prefersBlocked(op, out);
    return blocked && vectors ? Optional.of(Requests.BLOCKED) : Optional.empty();
  }

  private static boolean prefersBlocked(Op op, List<TensorType> out) {
    return op instanceof Conv || op instanceof ConvTranspose && !UpsamplingTactic.hasFewChannels(channels(out));
  }

  private static boolean isByteConvolution(Op op) {
    return op instanceof QuantizedConv
        || op instanceof Fused(var body) && body.nodes().stream().anyMatch(node -> node.op() instanceof QuantizedConv);
  }

  private static boolean isImage(List<TensorType> out) {
    return out.getFirst().dtype() == DType.UINT8 && out.getFirst().shape().rank() == 4;
  }

  private static long channels(List<TensorType> out) {
    return out.getFirst().shape().known()[1];
  }

  @Override
  public Set<String> compositeOperators() {
    return vectors
        ? Set.of("Attention", "slipway.QuantizedConv", "slipway.QuantizeRows")
        : Set.of("slipway.QuantizedConv", "slipway.QuantizeRows");
  }

  @Override
  public Optional<Artifacts> artifacts() {
    return Optional.of(artifacts);
  }

  @Override
  public Optional<Peaks> measurePeaks() {
    return PeakMeasurement.measure(pool);
  }

  @Override
  public void beginRun() {
    pool.beginRun();
  }

  @Override
  public void endRun() {
    pool.endRun();
  }

  @Override
  public int threads() {
    return pool.threads();
  }

  @Override
  public void runTogether(int count, IntConsumer task) {
    pool.run(count, (unit, _) -> task.accept(unit));
  }

  @Override
  public void close() {
    pool.close();
  }
}
