package dev.slipway.backend.cuda;

import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What tactics ask of requests. */
final class Requests {
  /** A launch takes about so long, and so many bytes of memory move in a microsecond. */
  private static final double LAUNCH_MICROS = 2;

  private static final double BYTES_PER_MICRO = 2.5e6;

  private Requests() {}

  static Support unsupported(String reason) {
    return new Support.Unsupported(reason);
  }

  static Support operator(KernelRequest request, String expected) {
    return unsupported("operator " + request.op().schema().name() + " (expected: " + expected + ")");
  }

  /** The time to read all inputs and write all outputs. */
  static double movementMicros(KernelRequest request) {
    long bytes = 0;
    for (TensorType type : request.inputTypes()) {
      bytes += type.bytes();
    }
    for (TensorType type : request.outputs()) {
      bytes += type.bytes();
    }
    return LAUNCH_MICROS + bytes / BYTES_PER_MICRO;
  }

  /** Why kernels that compute on reals do not take the types, layouts or sizes of a request. */
  static Optional<String> notReal(KernelRequest request) {
    List<TensorType> types = new ArrayList<>(request.inputTypes());
    types.addAll(request.outputs());
    for (TensorType type : types) {
      if (!ElementSource.takes(type.dtype())) {
        return Optional.of("element type " + type.dtype() + " (expected: float32, float16, bfloat16 or bool)");
      }
      if (type.layout() instanceof Layout.Blocked) {
        return Optional.of("layout " + type.layout() + " (expected: contiguous or channels last)");
      }
    }
    return request.output().bytes() == 0 ? Optional.of("no elements (expected: some)") : Optional.empty();
  }

  static Optional<String> notContiguous(KernelRequest request) {
    List<TensorType> types = new ArrayList<>(request.inputTypes());
    types.addAll(request.outputs());
    return types.stream()
        .filter(type -> type.layout() != Layout.CONTIGUOUS)
        .findFirst()
        .map(type -> "layout " + type.layout() + " (expected: contiguous)");
  }
}
