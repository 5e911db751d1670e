package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.operators.TableLookup;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Quantisation by one scale, its inverse, and functions of bytes, element by element. */
final class ByteElementsTactic extends CudaTactic {
  private static final String KERNEL = "byte_elements";
  private static final Set<DType> BYTES = Set.of(DType.UINT8, DType.INT8);
  private static final Set<DType> TYPES = Set.of(DType.UINT8, DType.INT8, DType.FLOAT32);

  ByteElementsTactic(CudaDevice device) {
    super("cuda.byte_elements", 1, device);
  }

  /** What each element is: an expression of inputs, or of what the anchor gives. */
  private record Elements(Optional<ElementSource.Anchor> anchor, List<Integer> ports, Expression expression) {
    static Elements of(Expression expression) {
      return new Elements(Optional.empty(), List.of(), expression);
    }
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = elements(request).isEmpty()
        ? Optional.of("operator " + request.op().schema().name() + " (expected: one of bytes, by one scale)")
        : refusal(request);
    return refusal.isPresent()
        ? Requests.unsupported(refusal.get())
        : new Support.Supported(Requests.movementMicros(request));
  }

  private static Optional<String> refusal(KernelRequest request) {
    List<TensorType> types = new ArrayList<>(List.of(request.input(0), request.output()));
    if (request.op() instanceof QuantizedAdd || request.op() instanceof QuantizedMul) {
      types.add(request.input(1));
    }
    for (TensorType type : types) {
      if (!TYPES.contains(type.dtype()) || type.layout() instanceof Layout.Blocked || type.bytes() == 0) {
        return Optional.of("tensor " + type + " (expected: bytes or float32, some, contiguous or with channels last)");
      }
    }
    return Optional.empty();
  }

  private static Optional<Elements> elements(KernelRequest request) {
    return switch (request.op()) {
      case QuantizeLinear op when op.blockSize() == 0 && op.precision() == 0
          && BYTES.contains(request.output().dtype()) -> scale(request).map(scale -> Elements.of(quantized(request, scale)));
      case DequantizeLinear op when op.blockSize() == 0 && BYTES.contains(request.input(0).dtype()) ->
          scale(request).map(scale -> Elements.of(centered(0, zeroPoint(request)).times(scale)));
      case QuantizedMul op -> Optional.of(Elements.of(QuantizedGroup.rounded(
          centered(0, op.aZeroPoint()).times(centered(1, op.bZeroPoint())).times((double) op.scale()), op.rounding())));
      case QuantizedAdd op -> Optional.of(new Elements(
          Optional.of(new Sum(request.input(0), request.input(1), op)), List.of(0, 1),
          QuantizedGroup.rounded(Expression.input(FusedGroup.RESULT), op.rounding())));
      case TableLookup op -> Optional.of(new Elements(
          Optional.of(new Entry(request.input(0), request.input(1))), List.of(0, 1),
          Expression.input(FusedGroup.RESULT)));
      default -> Optional.empty();
    };
  }

  /** The one scale for all, where it is constant, and the zero point too. */
  private static Optional<Double> scale(KernelRequest request) {
    boolean isKnown = !request.has(2) || request.constant(2).isPresent();
    return request.constant(1)
        .filter(tensor -> isKnown && tensor.elementCount() == 1 && tensor.dtype() == DType.FLOAT32)
        .map(tensor -> tensor.getDouble(0));
  }

  private static long zeroPoint(KernelRequest request) {
    return request.constant(2).map(tensor -> tensor.getLong(0)).orElse(0L);
  }

  private static Expression quantized(KernelRequest request, double scale) {
    DType type = request.output().dtype();
    return Expression.input(0)
        .over(Expression.constant(scale))
        .apply(Function.ROUND)
        .plus(Expression.constant(zeroPoint(request)))
        .max(Expression.constant(type.minValue()))
        .min(Expression.constant(type.maxValue()));
  }

  private static Expression centered(int port, long zeroPoint) {
    return Expression.input(port).minus(Expression.constant(zeroPoint));
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    Elements elements = elements(request).orElseThrow();
    return device.kernel(
        new ElementSource(KERNEL, request, elements.anchor(), elements.expression()),
        elements.ports().stream().<Launch.Parameter>map(Launch.Parameter.Input::new).toList());
  }

  private static String at(String array, TensorType type, List<String> axes) {
    long[] strides = Strides.of(type);
    List<String> terms = new ArrayList<>();
    for (int axis = 0; axis < strides.length; axis++) {
      terms.add("(long long) (" + axes.get(axis) + ") * " + strides[axis]);
    }
    return array + "[" + (terms.isEmpty() ? "0" : String.join(" + ", terms)) + "]";
  }

  /** Steps of a sum, rounded as its operator says. */
  private record Sum(TensorType a, TensorType b, QuantizedAdd op) implements ElementSource.Anchor {
    @Override
    public List<TensorType> inputs() {
      return List.of(a, b);
    }

    @Override
    public String one(List<String> axes) {
      return "  const float one = __fmaf_rn((float) (%s - %d), %s, __fmul_rn((float) (%s - %d), %s));\n".formatted(
          at("a0", a, axes), op.aZeroPoint(), ExpressionSource.literal(op.aScale()), at("a1", b, axes),
          op.bZeroPoint(), ExpressionSource.literal(op.bScale()));
    }
  }

  private record Entry(TensorType x, TensorType table) implements ElementSource.Anchor {
    @Override
    public List<TensorType> inputs() {
      return List.of(x, table);
    }

    @Override
    public String one(List<String> axes) {
      return "  const float one = a1[" + at("a0", x, axes) + "];\n";
    }
  }
}
