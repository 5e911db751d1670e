package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.Conv;
import dev.slipway.operators.ConvInteger;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.MatMulInteger;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * ConvInteger and MatMulInteger with constant weights, computed by the float32 kernels: a sum of products of 8-bit
 * integers is exact in float32 while it is below 2^24, so the depth is cut into parts that cannot reach it.
 */
final class IntegerProductTactic implements Tactic {
  private static final TacticId ID = new TacticId("integer_product_by_f32", 1);
  private static final int EXACT = 1 << 24;
  private static final int LARGEST_ACTIVATION = 255;
  private static final double NANOS_PER_ELEMENT = 0.3;
  private static final double OVERHEAD = 1.2;

  private final WorkerPool pool;
  private final List<Tactic> products;

  IntegerProductTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    products = List.of(
        new ConvTactic(pool, kernels), new DepthwiseConvTactic(pool, kernels), new MatMulTactic(pool, kernels));
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    KernelRequest whole = floats(request, Tensor.allocate(DType.FLOAT32, request.input(1).shape().known()), depth(request));
    Optional<Support> product = product(whole).map(tactic -> tactic.supports(whole));
    if (product.isEmpty() || !(product.get() instanceof Support.Supported(double micros))) {
      return Requests.unsupported("no kernel for the same product of float32");
    }
    long converted = Requests.elements(request.input(0)) + Requests.elements(request.output());
    return new Support.Supported(micros * OVERHEAD + converted * NANOS_PER_ELEMENT / 1000);
  }

  private static Optional<String> refusal(KernelRequest request) {
    if (!(request.op() instanceof ConvInteger) && !(request.op() instanceof MatMulInteger)) {
      return Optional.of("operator " + request.op().schema().name() + " (expected: ConvInteger or MatMulInteger)");
    }
    if (request.constant(1).isEmpty() || request.has(3) && request.constant(3).isEmpty()) {
      return Optional.of("weights or their zero point that are computed (expected: constants)");
    }
    if (request.has(2) && Requests.elements(request.input(2)) != 1) {
      return Optional.of("zero point " + request.input(2) + " (expected: one for all)");
    }
    if (request.op() instanceof MatMulInteger && request.input(1).shape().rank() != 2) {
      return Optional.of("right matrices " + request.input(1) + " (expected: rank 2)");
    }
    if (request.op() instanceof ConvInteger conv && parts(request) > 1
        && (conv.group() > 1 || Requests.dims(request.input(0))[0] > 1)) {
      return Optional.of("depth beyond the exact sums of float32 with groups or a batch (expected: neither)");
    }
    return Contiguous.blocked(request);
  }

  /** The axis of the weights that is cut: rows of a matrix, input channels of a convolution. */
  private static int depth(KernelRequest request) {
    int[] weights = Requests.dims(request.input(1));
    return request.op() instanceof MatMulInteger ? weights[0] : weights[1];
  }

  /** Parts of the depth such that no sum can reach 2^24. */
  private static int parts(KernelRequest request) {
    int[] weights = Requests.dims(request.input(1));
    long taps = 1;
    for (int i = 2; i < weights.length; i++) {
      taps *= weights[i];
    }
    int largestWeight = request.has(3) ? LARGEST_ACTIVATION : 128;
    if (request.input(1).dtype() == DType.UINT8) {
      largestWeight = LARGEST_ACTIVATION;
    }
    long exact = Math.max(1, (EXACT - 1) / (LARGEST_ACTIVATION * largestWeight * taps));
    return Math.toIntExact(Math.ceilDiv(depth(request), exact));
  }

  private Optional<Tactic> product(KernelRequest floats) {
    return products.stream().filter(tactic -> tactic.supports(floats) instanceof Support.Supported).findFirst();
  }

  /** The request for a product of so much of the depth in float32. */
  private static KernelRequest floats(KernelRequest request, Tensor weights, int depth) {
    long[] in = request.input(0).shape().known();
    in[request.op() instanceof MatMulInteger ? in.length - 1 : 1] =
        request.op() instanceof ConvInteger conv ? depth * conv.group() : depth;
    Op op = request.op() instanceof ConvInteger conv ? new Conv(conv.window(), conv.group()) : new MatMul();
    return new KernelRequest(
        op,
        List.of(KernelRequest.Argument.of(TensorType.of(DType.FLOAT32, in)), KernelRequest.Argument.of(weights)),
        List.of(request.output().withDType(DType.FLOAT32)),
        request.device());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    int depth = depth(request);
    int parts = parts(request);
    List<Part> built = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      int from = (int) ((long) depth * i / parts);
      int to = (int) ((long) depth * (i + 1) / parts);
      KernelRequest floats = floats(request, centered(request, from, to), to - from);
      Tactic tactic = product(floats).orElseThrow();
      String name = "part-" + i + "-of-" + parts + "-";
      Kernel kernel = tactic.build(
          floats,
          tactic.choices(floats).getFirst(),
          (port, format, bytes, pack) -> constants.pack(port, name + format, bytes, pack));
      built.add(new Part(kernel, from, to));
    }
    int run = request.op() instanceof MatMulInteger ? depth : Math.toIntExact(Requests.elements(request.input(0)));
    return new Parts(
        built,
        run,
        run == depth ? 1 : Math.toIntExact(run / (long) Math.max(1, depth)),
        Math.toIntExact(Requests.elements(request.input(0))),
        Math.toIntExact(Requests.elements(request.output())),
        request.input(0).dtype() == DType.INT8,
        request.has(2),
        pool);
  }

  /** The weights of a part of the depth less their zero point. */
  private static Tensor centered(KernelRequest request, int from, int to) {
    Tensor weights = request.constant(1).orElseThrow();
    Optional<Tensor> zeroPoint = request.constant(3);
    boolean matrix = request.op() instanceof MatMulInteger;
    long[] dims = weights.dims();
    int axis = matrix ? 0 : 1;
    long inner = Shape.product(Arrays.copyOfRange(dims, axis + 1, dims.length));
    long outer = matrix ? 1 : dims[0];
    long depth = dims[axis];
    dims[axis] = to - from;
    Tensor part = Tensor.allocate(DType.FLOAT32, dims);
    long count = (to - from) * inner;
    for (long i = 0; i < outer * count; i++) {
      long element = (i / count * depth + from) * inner + i % count;
      long channel = matrix ? i % inner : i / count;
      double zero = zeroPoint.map(z -> z.getDouble(z.elementCount() == 1 ? 0 : channel)).orElse(0.0);
      part.setDouble(i, weights.getDouble(element) - zero);
    }
    return part;
  }

  /** The product of a part of the depth. */
  private record Part(Kernel kernel, int from, int to) {}

  /**
   * @param run elements of the input in which the depth occurs once
   * @param step elements of the input for one of the depth
   */
  private record Parts(
      List<Part> parts,
      int run,
      int step,
      int inputs,
      int outputs,
      boolean signed,
      boolean hasZeroPoint,
      WorkerPool pool)
      implements Kernel {
    private static final int PIECE = 4096;

    private long widenedBytes() {
      return Memory.roundUp((long) inputs * Float.BYTES, Memory.ALIGNMENT);
    }

    private long sumBytes() {
      return Memory.roundUp((long) outputs * Float.BYTES, Memory.ALIGNMENT);
    }

    @Override
    public long workspaceBytes() {
      return widenedBytes() + sumBytes() + parts.stream().mapToLong(part -> part.kernel.workspaceBytes()).max().orElse(0);
    }

    @Override
    public void run(KernelArguments arguments) {
      long from = Memory.address(arguments.input(0), inputs, "input");
      long to = Memory.address(arguments.output(), (long) outputs * Integer.BYTES, "output");
      int zeroPoint = hasZeroPoint ? Bytes.get(Memory.address(arguments.input(2), 1, "zero point"), signed) : 0;
      MemorySegment widened = arguments.workspace().asSlice(0, widenedBytes());
      MemorySegment sums = arguments.workspace().asSlice(widenedBytes(), sumBytes());
      MemorySegment scratch = arguments.workspace().asSlice(widenedBytes() + sumBytes());
      widen(from, widened.address(), new ByteQuantization(1, zeroPoint, signed));
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        // Parts lie behind each other, each as a whole tensor.
        MemorySegment in = widened.asSlice((long) inputs / run * step * part.from * Float.BYTES);
        part.kernel.run(new KernelArguments(
            new MemorySegment[] {in, MemorySegment.NULL}, new MemorySegment[] {sums}, scratch));
        boolean first = i == 0;
        Chunks chunks = Chunks.of(Math.ceilDiv(outputs, PIECE), PIECE * NANOS_PER_ELEMENT, pool);
        pool.run(chunks.units(), (unit, _) -> {
          int begin = chunks.from(unit) * PIECE;
          add(sums.address(), to, begin, Math.min(chunks.to(unit) * PIECE, outputs), first);
        });
      }
    }

    /** Writes the input less its zero point as [parts][runs][depth of the part]. */
    private void widen(long from, long to, ByteQuantization numbers) {
      int runs = inputs / run;
      if (parts.size() == 1 || runs == 1) {
        Chunks chunks = Chunks.of(Math.ceilDiv(inputs, PIECE), PIECE * NANOS_PER_ELEMENT, pool);
        pool.run(chunks.units(), (unit, _) -> {
          int begin = chunks.from(unit) * PIECE;
          int end = Math.min(chunks.to(unit) * PIECE, inputs);
          numbers.dequantize(from + begin, to + (long) begin * Float.BYTES, end - begin);
        });
        return;
      }
      Chunks chunks = Chunks.of(runs, run * NANOS_PER_ELEMENT, pool);
      pool.run(chunks.units(), (unit, _) -> {
        for (int i = chunks.from(unit); i < chunks.to(unit); i++) {
          for (Part part : parts) {
            int count = (part.to - part.from) * step;
            long target = (long) runs * step * part.from + (long) i * count;
            numbers.dequantize(
                from + (long) i * run + (long) part.from * step, to + target * Float.BYTES, count);
          }
        }
      });
    }

    private static void add(long from, long to, int begin, int end, boolean first) {
      int i = begin;
      for (; i + Memory.LANES <= end; i += Memory.LANES) {
        IntVector sum = (IntVector) Memory.load(from + (long) i * Float.BYTES).convert(VectorOperators.F2I, 0);
        Bytes.storeInts(first ? sum : sum.add(Bytes.loadInts(to + (long) i * Integer.BYTES)), to + (long) i * Integer.BYTES);
      }
      for (; i < end; i++) {
        long at = to + (long) i * Integer.BYTES;
        Bytes.setInt(at, (int) Memory.get(from + (long) i * Float.BYTES) + (first ? 0 : Bytes.getInt(at)));
      }
    }
  }
}
