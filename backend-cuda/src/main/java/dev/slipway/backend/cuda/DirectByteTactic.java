package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Products of bytes one result after the other, groups and computed scales included: what no other tactic takes. */
final class DirectByteTactic extends CudaTactic {
  private static final String KERNEL = "direct_bytes";
  private static final double PRODUCTS_PER_MICRO = 1e6;

  DirectByteTactic(CudaDevice device) {
    super("cuda.direct_bytes", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<QuantizedGroup> group = QuantizedGroup.of(request);
    if (group.isEmpty()) {
      return Requests.operator(request, "a product of bytes");
    }
    Optional<String> refusal = refusal(request, group.get());
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    double depth = (double) request.input(group.get().port(QuantizedGroup.WEIGHTS)).shape().elementCount()
        / request.input(group.get().port(QuantizedGroup.START)).shape().elementCount();
    return new Support.Supported(Requests.movementMicros(request)
        + depth * request.output().shape().elementCount() / PRODUCTS_PER_MICRO);
  }

  private static Optional<String> refusal(KernelRequest request, QuantizedGroup group) {
    List<TensorType> types = new ArrayList<>(request.inputTypes());
    types.add(request.output());
    for (TensorType type : types) {
      if (type.layout() instanceof Layout.Blocked || type.bytes() == 0) {
        return Optional.of("tensor " + type + " (expected: elements, contiguous or with channels last)");
      }
    }
    for (int side : group.sides()) {
      DType type = request.input(side).dtype();
      if (type != DType.UINT8 && type != DType.FLOAT32) {
        return Optional.of("side " + request.input(side) + " (expected: uint8 or float32)");
      }
    }
    if (group.has(QuantizedGroup.X_SCALE)
        && request.input(group.port(QuantizedGroup.X_SCALE)).shape().elementCount() != 1) {
      return Optional.of("scales " + request.input(group.port(QuantizedGroup.X_SCALE)) + " of rows (expected: one for all)");
    }
    TensorType input = request.input(group.port(0));
    TensorType weights = request.input(group.port(QuantizedGroup.WEIGHTS));
    boolean isMatrix = weights.shape().rank() == 2 && input.shape().rank() == request.output().shape().rank();
    return group.anchor() instanceof QuantizedConv || isMatrix
        ? Optional.empty()
        : Optional.of("weights " + weights + " (expected: one matrix)");
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    QuantizedGroup group = QuantizedGroup.of(request).orElseThrow();
    List<TensorType> inputs = new ArrayList<>();
    List<Launch.Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < group.anchorInputs().size(); i++) {
      if (group.has(i)) {
        inputs.add(request.input(group.port(i)));
        parameters.add(new Launch.Parameter.Input(group.port(i)));
      }
    }
    Sums sums = group.anchor() instanceof QuantizedConv conv
        ? new Windows(WindowSource.of(inputs.get(0), conv.window(inputs.get(1).shape())), inputs.get(1), conv.group())
        : new Columns(inputs.get(0), inputs.get(1));
    return device.kernel(
        new ElementSource(KERNEL, request, Optional.of(new ByteAnchor(group, inputs, sums)), group.rounded()),
        parameters);
  }

  /** How the products of a result are found. */
  private sealed interface Sums {
    /** The position of the channel among the output's axes. */
    int channelAxis();

    /** Loops that add {@code (a0[...] - xZero) * (a1[...] - wZero)} to {@code sum} for channel {@code own}. */
    String loops(List<String> axes);
  }

  private record Windows(WindowSource source, TensorType weights, long groups) implements Sums {
    @Override
    public int channelAxis() {
      return 1;
    }

    @Override
    public String loops(List<String> axes) {
      long[] dims = weights.shape().known();
      long taps = LongStream.of(dims).skip(2).reduce(1, (a, b) -> a * b);
      String channel = "own / %d * %d + c".formatted(dims[0] / groups, dims[1]);
      String body = "  sum += ((int) a0[%s] - xZero) * ((int) a1[(own * %dLL + c) * %d + %s] - wZero);\n".formatted(
          source.offset(axes.get(0), channel), dims[1], taps, source.tap());
      return "  for (int c = 0; c < " + dims[1] + "; c++) {\n" + source.loops(axes, body) + "  }\n";
    }
  }

  private record Columns(TensorType input, TensorType weights) implements Sums {
    @Override
    public int channelAxis() {
      return input.shape().rank() - 1;
    }

    @Override
    public String loops(List<String> axes) {
      long[] dims = weights.shape().known();
      long[] strides = Strides.of(input);
      List<String> terms = new ArrayList<>();
      for (int axis = 0; axis < strides.length - 1; axis++) {
        terms.add("(long long) (" + axes.get(axis) + ") * " + strides[axis]);
      }
      terms.add("k * " + strides[strides.length - 1] + "LL");
      return """
            for (int k = 0; k < %d; k++) {
              sum += ((int) a0[%s] - xZero) * ((int) a1[k * %dLL + own] - wZero);
            }
          """.formatted(dims[0], String.join(" + ", terms), dims[1]);
    }
  }

  /** Inputs: those of the product that are there, in their order. */
  private record ByteAnchor(QuantizedGroup group, List<TensorType> inputs, Sums sums) implements ElementSource.Anchor {
    @Override
    public String one(List<String> axes) {
      long channels = inputs.get(QuantizedGroup.START).shape().elementCount();
      return """
            const int own = min(%s, %d), xZero = %s, wZero = %d;
            int sum = a4[own];
          %s  const float one = __fmaf_rn((float) sum, %s, a3[own]);
          """.formatted(axes.get(sums.channelAxis()), channels - 1, xZeroPoint(), group.wZeroPoint(), sums.loops(axes),
              group.has(QuantizedGroup.X_SCALE) ? "__fmul_rn(a2[own], a5[0])" : "a2[own]");
    }

    private String xZeroPoint() {
      if (!group.has(QuantizedGroup.X_ZERO_POINT)) {
        return String.valueOf(group.xZeroPoint());
      }
      return "(int) a" + (inputs.size() - 1) + "[0]";
    }
  }
}
