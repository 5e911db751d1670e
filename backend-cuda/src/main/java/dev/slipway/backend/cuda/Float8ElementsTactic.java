package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Expression;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Quantisation to float8 (E4M3) by one scale, and its inverse. */
final class Float8ElementsTactic extends CudaTactic {
  private static final String KERNEL = "float8_elements";
  private static final Set<Long> FLOAT32_QUOTIENTS = Set.of(0L, (long) DType.FLOAT32.code());

  Float8ElementsTactic(CudaDevice device) {
    super("cuda.float8_elements", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!device.hasFloat8()) {
      return Requests.unsupported("a device without float8 (expected: compute capability 8.9)");
    }
    Optional<Expression> expression = expression(request);
    if (expression.isEmpty()) {
      return Requests.operator(request, "from or to float8e4m3fn by one scale of float32, saturating");
    }
    boolean fits = Stream.of(request.input(0), request.output())
        .noneMatch(type -> type.layout() instanceof Layout.Blocked || type.bytes() == 0);
    return fits
        ? new Support.Supported(Requests.movementMicros(request))
        : Requests.unsupported(
            "input " + request.input(0) + " (expected: some elements, contiguous or with channels last)");
  }

  private static Optional<Expression> expression(KernelRequest request) {
    Expression x = Expression.input(0);
    return switch (request.op()) {
      case QuantizeLinear op when op.blockSize() == 0 && op.saturate() && FLOAT32_QUOTIENTS.contains(op.precision())
          && isPair(request.input(0).dtype(), request.output().dtype()) ->
          scale(request).map(scale -> x.over(Expression.constant(scale)));
      case DequantizeLinear op when op.blockSize() == 0 && isPair(request.output().dtype(), request.input(0).dtype()) ->
          scale(request).map(scale -> x.times(scale));
      default -> Optional.empty();
    };
  }

  private static boolean isPair(DType real, DType narrow) {
    return CudaTypes.REALS.contains(real) && narrow == DType.FLOAT8E4M3FN;
  }

  /** The one scale for all, where it is constant, and zero points are zero. */
  private static Optional<Double> scale(KernelRequest request) {
    boolean isCentered = !request.has(2)
        || request.constant(2).filter(zero -> zero.elementCount() == 1 && zero.getDouble(0) == 0).isPresent();
    return request.constant(1)
        .filter(tensor -> isCentered && tensor.elementCount() == 1 && tensor.dtype() == DType.FLOAT32)
        .map(tensor -> tensor.getDouble(0));
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return device.kernel(
        new ElementSource(KERNEL, request, Optional.empty(), expression(request).orElseThrow()));
  }
}
