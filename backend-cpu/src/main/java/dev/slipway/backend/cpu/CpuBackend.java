package dev.slipway.backend.cpu;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.operators.Conv;
import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.Fused;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The processor's tactics, which share one worker pool. */
final class CpuBackend implements Backend {
  private final WorkerPool pool;
  private final Device device;
  private final List<Tactic> tactics;
  private final boolean vectors;

  CpuBackend(int threads) {
    pool = new WorkerPool(threads);
    device = new Device(
        "cpu",
        0,
        Processor.description() + ", threads " + threads,
        "cpu " + Processor.description());
    vectors = VectorSupport.usable();
    tactics = vectors ? vectorTactics(pool) : scalarTactics(pool);
  }

  private static List<Tactic> vectorTactics(WorkerPool pool) {
    return List.of(
        new ConvTactic(pool),
        new DepthwiseConvTactic(pool),
        new UpsamplingTactic(pool),
        new PoolTactic(pool),
        new GlobalPoolTactic(pool),
        new MatMulTactic(pool),
        new BatchedMatMulTactic(pool),
        new PointwiseTactic(pool),
        new ReorderTactic(pool),
        new AttentionTactic(pool),
        new ConvTransposeTactic(pool),
        new IntegerProductTactic(pool),
        new QuantizeTactic(pool),
        new DynamicQuantizeTactic(pool),
        new TypedPointwiseTactic(pool),
        new SoftmaxTactic(pool),
        new LayerNormalizationTactic(pool),
        new ReductionTactic(pool),
        new RecurrentTactic(pool),
        new DataMovement(),
        new PadTactic(),
        new GatherRuns(),
        new NearestResize());
  }

  private static List<Tactic> scalarTactics(WorkerPool pool) {
    return List.of(
        new ScalarConvTactic(pool),
        new ScalarMatMulTactic(pool),
        new ScalarPoolTactic(pool),
        new ScalarPointwiseTactic(pool),
        new ScalarSoftmaxTactic(pool),
        new ScalarLayerNormalizationTactic(pool),
        new DataMovement(),
        new GatherRuns(),
        new NearestResize());
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
    boolean convolution = op instanceof Fused(var body)
        ? body.nodes().stream().map(Node::op).anyMatch(CpuBackend::isConvolution)
        : isConvolution(op);
    return convolution && vectors ? Optional.of(Requests.BLOCKED) : Optional.empty();
  }

  private static boolean isConvolution(Op op) {
    return op instanceof Conv || op instanceof ConvTranspose;
  }

  @Override
  public Set<String> compositeOperators() {
    return vectors ? Set.of("Attention") : Set.of();
  }

  @Override
  public void close() {
    pool.close();
  }
}
