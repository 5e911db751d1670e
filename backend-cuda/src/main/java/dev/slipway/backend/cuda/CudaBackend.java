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
import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.Fused;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedConv;
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

  /** Sixteen bytes, for the same reasons. */
  static final Layout BYTES = new Layout.ChannelsLast(16);

  /** A picture of bytes: four channels are one word. */
  static final Layout PICTURES = new Layout.ChannelsLast(4);

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
        new ConvTransposeTactic(device),
        new MatMulTactic(device),
        new AttentionTactic(device),
        new FirstByteConvTactic(device),
        new ByteStreamTactic(device),
        new ByteProductTactic(device),
        new DirectByteTactic(device),
        new PictureBytesTactic(device),
        new ByteElementsTactic(device),
        new Float8ElementsTactic(device),
        new BytePoolTactic(device),
        new PoolTactic(device),
        new RowTactic(device),
        new ResizeTactic(device),
        new PointwiseTactic(device),
        new DataMovementTactic(device),
        new GatherTactic(device),
        new DynamicQuantizeTactic(device),
        new LstmTactic(device),
        new TopKTactic(device),
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
    if (op instanceof Cast && isPicture(out.getFirst(), CudaTypes.HALVES)) {
      return Optional.of(HALVES);
    }
    boolean makesBytes = op instanceof QuantizeLinear || op instanceof MaxPool;
    if (convolvesBytes(op) || makesBytes && out.getFirst().dtype() == DType.UINT8 && out.getFirst().shape().rank() == 4) {
      return Optional.of(op instanceof QuantizeLinear && isPicture(out.getFirst(), Set.of(DType.UINT8)) ? PICTURES : BYTES);
    }
    boolean convolves = op instanceof Fused(var body)
        ? body.nodes().stream().anyMatch(node -> convolves(node.op()))
        : convolves(op);
    return convolves && CudaTypes.HALVES.contains(out.getFirst().dtype()) ? Optional.of(HALVES) : Optional.empty();
  }

  private static boolean convolves(Op op) {
    return op instanceof Conv || op instanceof ConvTranspose;
  }

  private static boolean convolvesBytes(Op op) {
    return op instanceof QuantizedConv
        || op instanceof Fused(var body) && body.nodes().stream().anyMatch(node -> node.op() instanceof QuantizedConv);
  }

  @Override
  public Set<String> compositeOperators() {
    return device.hasFloat8()
        ? Set.of("Attention", "slipway.QuantizedConv", "slipway.Float8MatMul")
        : Set.of("Attention", "slipway.QuantizedConv");
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
  private static boolean isPicture(TensorType type, Set<DType> types) {
    return types.contains(type.dtype()) && type.shape().rank() == 4 && type.shape().known()[1] <= 4
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
