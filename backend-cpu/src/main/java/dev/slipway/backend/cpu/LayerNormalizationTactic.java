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
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** LayerNormalization and RMSNormalization over the trailing axes, float32 contiguous, a scale for each element. */
final class LayerNormalizationTactic implements Tactic {
  private static final TacticId ID = new TacticId("layer_normalization_f32", 1);
  private static final double NANOS_PER_ELEMENT = 0.4;

  private final WorkerPool pool;

  LayerNormalizationTactic(WorkerPool pool) {
    this.pool = pool;
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
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long[] normalized = normalized(request);
    int length = Math.toIntExact(Shape.product(normalized));
    int rows = length == 0 ? 0 : Math.toIntExact(Requests.elements(request.output()) / length);
    boolean centered = request.op() instanceof LayerNormalization;
    float epsilon =
        request.op() instanceof LayerNormalization op ? op.epsilon() : ((RMSNormalization) request.op()).epsilon();
    return new Rows(rows, length, centered, epsilon, request.has(2), request.outputs().size(), pool);
  }

  private record Rows(
      int rows, int length, boolean centered, float epsilon, boolean biased, int outputs, WorkerPool pool)
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
            for (int row = chunks.from(unit); row < chunks.to(unit); row++) {
              long at = from + row * rowBytes;
              float mean = centered ? sum(at, length) / length : 0;
              float inverse = (float) (1 / Math.sqrt(squares(at, length, mean) / length + epsilon));
              normalize(at, to + row * rowBytes, length, mean, inverse, scale, bias);
              put(means, row, mean);
              put(deviations, row, inverse);
            }
          });
    }

    /** Address of an optional output; 0 where nobody reads it. */
    private long moments(KernelArguments arguments, int port) {
      if (port >= outputs || arguments.output(port).equals(MemorySegment.NULL)) {
        return 0;
      }
      return Memory.address(arguments.output(port), (long) rows * Float.BYTES, "moments");
    }

    private static void put(long moments, int row, float value) {
      if (moments != 0) {
        Memory.set(moments + (long) row * Float.BYTES, value);
      }
    }
  }

  private static float sum(long from, int length) {
    int whole = length / Memory.LANES;
    FloatVector even = Lanes.load(
        from + (long) whole * Memory.VECTOR_BYTES, Lanes.first(length - whole * Memory.LANES));
    FloatVector odd = Lanes.zero();
    for (int i = 0; i + 1 < whole; i += 2) {
      even = even.add(Memory.load(from + (long) i * Memory.VECTOR_BYTES));
      odd = odd.add(Memory.load(from + (long) (i + 1) * Memory.VECTOR_BYTES));
    }
    if (whole % 2 == 1) {
      odd = odd.add(Memory.load(from + (long) (whole - 1) * Memory.VECTOR_BYTES));
    }
    return even.add(odd).reduceLanes(VectorOperators.ADD);
  }

  /** The sum of the squared distances from the mean. */
  private static float squares(long from, int length, float mean) {
    int whole = length / Memory.LANES;
    VectorMask<Float> tail = Lanes.first(length - whole * Memory.LANES);
    FloatVector last = Lanes.load(from + (long) whole * Memory.VECTOR_BYTES, tail).sub(mean);
    FloatVector even = Lanes.zero().blend(last.mul(last), tail);
    FloatVector odd = Lanes.zero();
    for (int i = 0; i + 1 < whole; i += 2) {
      FloatVector x = Memory.load(from + (long) i * Memory.VECTOR_BYTES).sub(mean);
      FloatVector y = Memory.load(from + (long) (i + 1) * Memory.VECTOR_BYTES).sub(mean);
      even = x.fma(x, even);
      odd = y.fma(y, odd);
    }
    if (whole % 2 == 1) {
      FloatVector x = Memory.load(from + (long) (whole - 1) * Memory.VECTOR_BYTES).sub(mean);
      odd = x.fma(x, odd);
    }
    return even.add(odd).reduceLanes(VectorOperators.ADD);
  }

  private static void normalize(long from, long to, int length, float mean, float inverse, long scale, long bias) {
    int whole = length / Memory.LANES;
    FloatVector factor = Lanes.all(inverse);
    if (bias == 0) {
      for (int i = 0; i < whole; i++) {
        long at = (long) i * Memory.VECTOR_BYTES;
        Memory.store(Memory.load(from + at).sub(mean).mul(factor).mul(Memory.load(scale + at)), to + at);
      }
    } else {
      for (int i = 0; i < whole; i++) {
        long at = (long) i * Memory.VECTOR_BYTES;
        FloatVector x = Memory.load(from + at).sub(mean).mul(factor);
        Memory.store(x.fma(Memory.load(scale + at), Memory.load(bias + at)), to + at);
      }
    }
    for (int i = whole * Memory.LANES; i < length; i++) {
      long at = (long) i * Float.BYTES;
      float x = (Memory.get(from + at) - mean) * inverse * Memory.get(scale + at);
      Memory.set(to + at, bias == 0 ? x : x + Memory.get(bias + at));
    }
  }
}
