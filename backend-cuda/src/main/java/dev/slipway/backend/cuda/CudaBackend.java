package dev.slipway.backend.cuda;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.Peaks;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Op;
import dev.slipway.operators.Cast;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Fused;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The tactics of one GPU. */
final class CudaBackend implements Backend {
  /** Eight halves are 16 bytes, which a thread loads at once and tensor cores want side by side. */
  static final Layout HALVES = new Layout.ChannelsLast(8);

  private final CudaDevice device;
  private final List<Tactic> tactics;

  CudaBackend(CudaDevice device) {
    this.device = device;
    this.tactics = List.of(
        new ConvTactic(device),
        new FirstConvTactic(device),
        new TileConvTactic(device),
        new DepthwiseConvTactic(device),
        new DirectConvTactic(device),
        new MatMulTactic(device),
        new AttentionTactic(device),
        new PoolTactic(device),
        new RowTactic(device),
        new ResizeTactic(device),
        new PointwiseTactic(device),
        new DataMovementTactic(device),
        new GatherTactic(device),
        new ProvidedTactic(device));
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Device device() {
    return device.device();
  }

  @Override
  public List<Tactic> tactics() {
    return tactics;
  }

  @Override
  public Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    if (op instanceof Cast && isPicture(out.getFirst())) {
      return Optional.of(HALVES);
    }
    boolean convolves = op instanceof Fused(var body)
        ? body.nodes().stream().anyMatch(node -> node.op() instanceof Conv)
        : op instanceof Conv;
    return convolves && CudaTypes.HALVES.contains(out.getFirst().dtype()) ? Optional.of(HALVES) : Optional.empty();
  }

  @Override
  public Set<String> compositeOperators() {
    return Set.of("Attention");
  }

  @Override
  public boolean mixesLayouts() {
    return false;
  }

  @Override
  public Set<DType> floatTypes() {
    return CudaTypes.REALS;
  }

  @Override
  public boolean hasTensorFloat32() {
    return device.hasTensorFloat32();
  }

  @Override
  public Optional<Peaks> measurePeaks() {
    return Optional.of(PeakMeasurement.of(device));
  }

  @Override
  public Optional<Artifacts> artifacts() {
    return Optional.of(device.artifacts());
  }

  /** What a convolution reads next: the cast turns it on the way. */
  private static boolean isPicture(TensorType type) {
    return CudaTypes.HALVES.contains(type.dtype()) && type.shape().rank() == 4 && type.shape().known()[1] <= 4
        && type.shape().known()[2] > 4;
  }

  @Override
  public Optional<DeviceQueue> newQueue() {
    return Optional.of(device.newQueue());
  }

  /** Resources that are open, to find leaks. */
  long openCount() {
    return device.openCount();
  }

  @Override
  public void close() {
    device.close();
  }
}
