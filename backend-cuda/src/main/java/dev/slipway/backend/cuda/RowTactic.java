package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.GlobalMaxPool;
import dev.slipway.operators.LayerNormalization;
import dev.slipway.operators.LogSoftmax;
import dev.slipway.operators.ReduceL1;
import dev.slipway.operators.ReduceL2;
import dev.slipway.operators.ReduceMax;
import dev.slipway.operators.ReduceMean;
import dev.slipway.operators.ReduceMin;
import dev.slipway.operators.ReduceProd;
import dev.slipway.operators.ReduceSum;
import dev.slipway.operators.ReduceSumSquare;
import dev.slipway.operators.Reduction;
import dev.slipway.operators.Softmax;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Softmax, normalisation and reductions: threads that work on a row together. */
final class RowTactic extends CudaTactic {

  RowTactic(CudaDevice device) {
    super("cuda.rows", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    return refusal.isPresent()
        ? Requests.unsupported(refusal.get())
        : new Support.Supported(Requests.movementMicros(request));
  }

  private static Optional<String> refusal(KernelRequest request) {
    Op op = request.op();
    boolean known = op instanceof Softmax || op instanceof LogSoftmax || op instanceof LayerNormalization
        || op instanceof GlobalAveragePool || op instanceof GlobalMaxPool || reduced(op).isPresent();
    if (!known) {
      return Optional.of("operator " + op.schema().name() + " (expected: one on rows)");
    }
    if (request.outputs().size() != 1) {
      return Optional.of("outputs: " + request.outputs().size() + " (expected: 1)");
    }
    TensorType input = request.input(0);
    if (!CudaTypes.REALS.contains(input.dtype()) || input.bytes() == 0) {
      return Optional.of("input " + input + " (expected: 16- or 32-bit floats, and some)");
    }
    if (input.layout() instanceof Layout.Blocked
        || op instanceof LayerNormalization && Requests.notContiguous(request).isPresent()) {
      return Optional.of("layout " + input.layout() + " (expected: contiguous)");
    }
    if (input.layout() instanceof Layout.ChannelsLast last && input.shape().known()[1] % last.multiple() != 0) {
      return Optional.of("channels that are filled up with zeros");
    }
    if (op instanceof LayerNormalization normalization) {
      return normalizationRefusal(request, normalization);
    }
    if (op instanceof Reduction) {
      boolean hasAxes = !request.has(1) || request.constant(1).isPresent();
      return !hasAxes || input.layout() != Layout.CONTIGUOUS
          ? Optional.of("axes that are not constant, or layout " + input.layout())
          : Optional.empty();
    }
    return input.layout().equals(request.output().layout()) || isGlobal(op)
        ? Optional.empty()
        : Optional.of("layouts " + input.layout() + " and " + request.output().layout() + " (expected: one)");
  }

  private static boolean isGlobal(Op op) {
    return op instanceof GlobalAveragePool || op instanceof GlobalMaxPool;
  }

  private static Optional<String> normalizationRefusal(KernelRequest request, LayerNormalization op) {
    long[] dims = request.input(0).shape().known();
    int axis = axis(op.axis(), dims.length);
    long length = Arrays.stream(dims, axis, dims.length).reduce(1, (a, b) -> a * b);
    for (int port = 1; port < request.inputs().size(); port++) {
      if (request.has(port) && request.input(port).shape().elementCount() != length) {
        return Optional.of("input " + request.input(port) + " (expected: " + length + " elements)");
      }
    }
    return Optional.empty();
  }

  private static int axis(long axis, int rank) {
    return (int) (axis < 0 ? axis + rank : axis);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return switch (request.op()) {
      case Softmax softmax -> softmax(request, softmax.axis(), false);
      case LogSoftmax softmax -> softmax(request, softmax.axis(), true);
      case LayerNormalization normalization -> normalization(request, normalization);
      default -> reduction(request);
    };
  }

  private Kernel softmax(KernelRequest request, long axis, boolean logarithm) {
    TensorType input = request.input(0);
    boolean[] along = new boolean[input.shape().rank()];
    along[axis(axis, along.length)] = true;
    RowSource source =
        new RowSource("softmax", input, request.output(), List.of(), along, Strides.of(request.output()));
    int threads = source.threads();
    source.begin()
        .line("float most = __int_as_float(0xff800000);")
        .each("most = maximum(most, value);")
        .line("most = allMax<" + threads + ">(most);")
        .line("float sum = 0.f;");
    if (logarithm) {
      source.each("sum += expf(value - most);")
          .line("sum = logf(allSum<" + threads + ">(sum));")
          .store("value - most - sum");
    } else if (source.inRegisters()) {
      source.each("value = expf(value - most); sum += value;")
          .line("sum = allSum<" + threads + ">(sum);")
          .store("value / sum");
    } else {
      source.each("sum += expf(value - most);")
          .line("sum = allSum<" + threads + ">(sum);")
          .store("expf(value - most) / sum");
    }
    return device.kernel(source, List.of());
  }

  private Kernel normalization(KernelRequest request, LayerNormalization op) {
    TensorType input = request.input(0);
    boolean[] along = new boolean[input.shape().rank()];
    Arrays.fill(along, axis(op.axis(), along.length), along.length, true);
    List<String> parameters = new ArrayList<>();
    parameters.add("const " + CudaTypes.name(request.input(1).dtype()) + "* scale");
    if (request.has(2)) {
      parameters.add("const " + CudaTypes.name(request.input(2).dtype()) + "* shift");
    }
    RowSource source = new RowSource(
        "layer_normalization", input, request.output(), parameters, along, Strides.of(request.output()));
    long length = request.input(1).shape().elementCount();
    int threads = source.threads();
    source.begin()
        .line("float sum = 0.f;")
        .each("sum += value;")
        .line("const float mean = allSum<" + threads + ">(sum) / " + length + ".f;")
        .line("float squares = 0.f;")
        .each("const float d = value - mean; squares += d * d;")
        .line("const float variance = allSum<" + threads + ">(squares) / " + length + ".f;")
        .line("const float factor = rsqrtf(variance + " + ExpressionSource.literal(op.epsilon()) + ");")
        .store(
            request.has(2) ? List.of("scale", "shift") : List.of("scale"),
            "(value - mean) * factor * widen(scaleOf.v[lane])" + (request.has(2) ? " + widen(shiftOf.v[lane])" : ""));
    List<Launch.Parameter> pointers = new ArrayList<>();
    pointers.add(new Launch.Parameter.Input(1));
    if (request.has(2)) {
      pointers.add(new Launch.Parameter.Input(2));
    }
    return device.kernel(source, pointers);
  }

  /** How a row becomes one element: what of each element goes where, and what comes of the result {@code r}. */
  private record Reduced(String start, String update, String all, String result) {}

  private static Optional<Reduced> reduced(Op op) {
    return Optional.ofNullable(switch (op) {
      case GlobalAveragePool pool -> new Reduced("0.f", "r += value;", "allSum", "r / LENGTH");
      case GlobalMaxPool pool -> maximum();
      case ReduceSum sum -> new Reduced("0.f", "r += value;", "allSum", "r");
      case ReduceMean mean -> new Reduced("0.f", "r += value;", "allSum", "r / LENGTH");
      case ReduceMax max -> maximum();
      case ReduceMin min -> new Reduced("__int_as_float(0xff800000)", "r = maximum(r, -value);", "allMax", "-r");
      case ReduceProd product -> new Reduced("1.f", "r *= value;", "allProduct", "r");
      case ReduceL1 norm -> new Reduced("0.f", "r += fabsf(value);", "allSum", "r");
      case ReduceL2 norm -> new Reduced("0.f", "r += value * value;", "allSum", "sqrtf(r)");
      case ReduceSumSquare squares -> new Reduced("0.f", "r += value * value;", "allSum", "r");
      default -> null;
    });
  }

  private static Reduced maximum() {
    return new Reduced("__int_as_float(0xff800000)", "r = maximum(r, value);", "allMax", "r");
  }

  private Kernel reduction(KernelRequest request) {
    TensorType input = request.input(0);
    boolean[] along = reducedAxes(request);
    long length = 1;
    for (int axis = 0; axis < along.length; axis++) {
      length *= along[axis] ? input.shape().known()[axis] : 1;
    }
    RowSource source =
        new RowSource("reduction", input, request.output(), List.of(), along, outputStrides(request, along));
    Reduced reduced = reduced(request.op()).orElseThrow();
    source.begin()
        .line("float r = " + reduced.start() + ";")
        .each(reduced.update())
        .line("r = " + reduced.all() + "<" + source.threads() + ">(r);")
        .storeOne(reduced.result().replace("LENGTH", length + ".f"));
    return device.kernel(source, List.of());
  }

  private static boolean[] reducedAxes(KernelRequest request) {
    boolean[] along = new boolean[request.input(0).shape().rank()];
    if (!(request.op() instanceof Reduction reduction)) {
      Arrays.fill(along, 2, along.length, true);
      return along;
    }
    long[] axes = request.constant(1).map(tensor -> tensor.toLongs()).orElse(new long[0]);
    Arrays.fill(along, axes.length == 0 && !reduction.noopWithEmptyAxes());
    for (long axis : axes) {
      along[axis(axis, along.length)] = true;
    }
    return along;
  }

  /** The output's strides along the axes of the input; reduced axes may be gone. */
  private static long[] outputStrides(KernelRequest request, boolean[] along) {
    long[] own = Strides.of(request.output());
    if (own.length == along.length) {
      long[] strides = own.clone();
      for (int axis = 0; axis < along.length; axis++) {
        strides[axis] = along[axis] ? 0 : own[axis];
      }
      return strides;
    }
    long[] strides = new long[along.length];
    int next = 0;
    for (int axis = 0; axis < along.length; axis++) {
      strides[axis] = along[axis] ? 0 : own[next++];
    }
    return strides;
  }
}
