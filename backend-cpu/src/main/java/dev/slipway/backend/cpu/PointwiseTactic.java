package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Expression;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Elementwise operators and groups of them, with broadcasting: {@link Pointwise}. */
final class PointwiseTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.pointwise_f32", 1);
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  PointwiseTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  /** The expression of a request over its operands, and their ports. */
  private record Chain(Expression expression, List<Integer> ports) {}

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<Chain> found = chain(request);
    if (found.isEmpty()) {
      return Requests.unsupported("not elementwise operators alone");
    }
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    Chain chain = found.get();
    if (!ExpressionCode.supports(chain.expression())
        || chain.ports().isEmpty()
        || chain.ports().size() > PointwiseSpec.MAX_OPERANDS
        || !chain.ports().stream().allMatch(request::has)) {
      return Requests.unsupported("expression " + chain.expression() + " (expected: 1 to " + PointwiseSpec.MAX_OPERANDS
          + " inputs, functions that have vector code)");
    }
    for (int port : chain.ports()) {
      if (strides(request, port).isEmpty()) {
        return Requests.unsupported("input " + request.input(port) + " to " + request.output()
            + " (expected: contiguous, or blocked as the output is)");
      }
    }
    double elements = Requests.elements(request.output());
    return new Support.Supported(elements * (1 + chain.ports().size()) / 4000 / pool.threads());
  }

  private static Optional<Chain> chain(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || group.get().anchor().isPresent() || request.outputs().size() != 1) {
      return Optional.empty();
    }
    Expression expression = AnchoredGroup.withScalars(group.get().epilogue(), request);
    List<Integer> ports = AnchoredGroup.ports(expression);
    List<Expression> dense = new ArrayList<>();
    for (int port = 0; port < request.inputs().size(); port++) {
      dense.add(Expression.input(Math.max(0, ports.indexOf(port))));
    }
    return Optional.of(new Chain(expression.substitute(dense), ports));
  }

  /** The axes of the output as {@link Pointwise} walks them. */
  private static long[] axes(TensorType output) {
    long[] dims = output.shape().known();
    if (output.layout().equals(Layout.CONTIGUOUS)) {
      return dims;
    }
    long spatial = 1;
    for (int i = 2; i < dims.length; i++) {
      spatial *= dims[i];
    }
    return new long[] {dims[0], Math.ceilDiv(dims[1], Memory.LANES), spatial, Memory.LANES};
  }

  /** Elements that an operand moves along each axis of the output; empty where its layout does not fit. */
  private static Optional<long[]> strides(KernelRequest request, int port) {
    TensorType type = request.input(port);
    TensorType output = request.output();
    boolean contiguous = output.layout().equals(Layout.CONTIGUOUS);
    if (contiguous) {
      return type.layout().equals(Layout.CONTIGUOUS) ? Optional.of(contiguousStrides(type, output)) : Optional.empty();
    }
    if (!Requests.isBlocked(output)) {
      return Optional.empty();
    }
    long[] axes = axes(output);
    long lanes = axes[3];
    if (type.equals(output)) {
      return Optional.of(new long[] {axes[1] * axes[2] * lanes, axes[2] * lanes, lanes, 1});
    }
    if (Requests.elements(type) == 1 && type.layout().equals(Layout.CONTIGUOUS)) {
      return Optional.of(new long[4]);
    }
    if (request.constant(port).isPresent() && AnchoredGroup.isPerChannel(type, output, CHANNEL_AXIS)) {
      return Optional.of(new long[] {0, lanes, 0, 1});
    }
    boolean perImage = type.shape().rank() == output.shape().rank()
        && Requests.isBlocked(type)
        && AnchoredGroup.isPerChannel(withoutBatch(type), withoutBatch(output), CHANNEL_AXIS);
    if (!perImage) {
      return Optional.empty();
    }
    long batchStride = Requests.dims(type)[0] == 1 ? 0 : axes[1] * lanes;
    return Optional.of(new long[] {batchStride, lanes, 0, 1});
  }

  private static TensorType withoutBatch(TensorType type) {
    long[] dims = type.shape().known();
    dims[0] = 1;
    return TensorType.of(type.dtype(), dims);
  }

  private static long[] contiguousStrides(TensorType type, TensorType output) {
    long[] dims = type.shape().known();
    long[] strides = new long[output.shape().rank()];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[strides.length - dims.length + i] = dims[i] == 1 ? 0 : step;
      step *= dims[i];
    }
    return strides;
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new PointwiseChain(pool, kernels, request, chain(request).orElseThrow(), constants);
  }

  private static final class PointwiseChain implements Kernel {
    private final WorkerPool pool;
    private final Pointwise pointwise;
    private final List<Integer> ports;
    private final MemorySegment[] packed;
    private final BlockedReorder padding;
    private final boolean clearPadding;

    PointwiseChain(
        WorkerPool pool, MicroKernels kernels, KernelRequest request, Chain chain, PackedConstants constants) {
      this.pool = pool;
      ports = chain.ports();
      List<long[]> strides = ports.stream().map(port -> strides(request, port).orElseThrow()).toList();
      boolean blocked = Requests.isBlocked(request.output());
      pointwise = new Pointwise(kernels, chain.expression(), axes(request.output()), blocked, strides);
      packed = new MemorySegment[ports.size()];
      for (int i = 0; i < packed.length; i++) {
        boolean channels = blocked && request.constant(ports.get(i)).isPresent() && strides.get(i)[1] != 0
            && !request.input(ports.get(i)).equals(request.output());
        packed[i] = channels
            ? Requests.channels(request, ports.get(i), constants, (int) axes(request.output())[1])
            : MemorySegment.NULL;
      }
      padding = blocked ? BlockedOperand.of(request.output(), 0).reorder() : new BlockedReorder(0, 0, 0);
      clearPadding = blocked && padding.channels() % Memory.LANES != 0
          && chain.expression().evaluate(new double[ports.size()]) != 0;
    }

    @Override
    public void run(KernelArguments arguments) {
      long[] addresses = new long[packed.length];
      for (int i = 0; i < addresses.length; i++) {
        long constant = packed[i].address();
        addresses[i] = constant != 0 ? constant : arguments.input(ports.get(i)).address();
      }
      long output = arguments.output().address();
      pointwise.run(pool, addresses, output);
      if (clearPadding) {
        padding.clearPadding(output);
      }
    }
  }
}
