package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.LayerNormalization;
import dev.slipway.operators.RMSNormalization;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/** LayerNormalization and RMSNormalization over the trailing axes, float32 contiguous, a scale for each element. */
final class LayerNormalizationTactic implements Tactic {
  private static final TacticId ID = new TacticId("layer_normalization_f32", 2);
  private static final double NANOS_PER_ELEMENT = 0.3;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  LayerNormalizationTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof LayerNormalization) && !(request.op() instanceof RMSNormalization)) {
      return Requests.unsupported(
          "operator " + request.op().schema().name() + " (expected: LayerNormalization or RMSNormalization)");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    long[] normalized = normalized(request);
    for (int port = 1; port < request.inputs().size(); port++) {
      if (request.has(port) && !covers(request.input(port), normalized)) {
        return Requests.unsupported(
            "scale or bias " + request.input(port) + " (expected: shape " + Shape.text(normalized) + ")");
      }
    }
    return new Support.Supported(1 + Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000);
  }

  /** The dimensions that are normalised. */
  private static long[] normalized(KernelRequest request) {
    long axis = request.op() instanceof LayerNormalization op ? op.axis() : ((RMSNormalization) request.op()).axis();
    long[] dims = request.output().shape().known();
    return Arrays.copyOfRange(dims, Contiguous.axis(axis, dims.length), dims.length);
  }

  /** Whether a scale has one element for each of the normalised dimensions, axes of 1 before them aside. */
  private static boolean covers(TensorType type, long[] normalized) {
    long[] dims = type.shape().known();
    int lead = dims.length - normalized.length;
    return lead >= 0
        && Arrays.stream(dims, 0, lead).allMatch(dim -> dim == 1)
        && Arrays.equals(dims, lead, dims.length, normalized, 0, normalized.length);
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long[] normalized = normalized(request);
    int length = Math.toIntExact(Shape.product(normalized));
    int rows = length == 0 ? 0 : Math.toIntExact(Requests.elements(request.output()) / length);
    boolean centered = request.op() instanceof LayerNormalization;
    float epsilon =
        request.op() instanceof LayerNormalization op ? op.epsilon() : ((RMSNormalization) request.op()).epsilon();
    boolean biased = request.has(2);
    NormalizationKernel kernel =
        kernels.normalization(new NormalizationSpec(Math.max(length, 1), centered, biased, epsilon));
    return new Rows(rows, length, biased, request.outputs().size(), kernel, pool);
  }

  private record Rows(int rows, int length, boolean biased, int outputs, NormalizationKernel kernel, WorkerPool pool)
      implements Kernel {

    @Override
    public void run(KernelArguments arguments) {
      long rowBytes = (long) length * Float.BYTES;
      long from = Memory.address(arguments.input(0), rows * rowBytes, "input");
      long scale = Memory.address(arguments.input(1), rowBytes, "scale");
      long bias = biased ? Memory.address(arguments.input(2), rowBytes, "bias") : 0;
      long to = Memory.address(arguments.output(), rows * rowBytes, "output");
      long means = moments(arguments, 1);
      long deviations = moments(arguments, 2);
      Chunks chunks = Chunks.of(rows, length * NANOS_PER_ELEMENT, pool);
      pool.run(
          chunks.units(),
          (unit, _) -> {
            int first = chunks.from(unit);
            kernel.run(
                from + first * rowBytes,
                to + first * rowBytes,
                chunks.to(unit) - first,
                scale,
                bias,
                moment(means, first),
                moment(deviations, first));
          });
    }

    private static long moment(long moments, int row) {
      return moments == 0 ? 0 : moments + (long) row * Float.BYTES;
    }

    /** Address of an optional output; 0 where nobody reads it. */
    private long moments(KernelArguments arguments, int port) {
      if (port >= outputs || arguments.output(port).equals(MemorySegment.NULL)) {
        return 0;
      }
      return Memory.address(arguments.output(port), (long) rows * Float.BYTES, "moments");
    }
  }
}
