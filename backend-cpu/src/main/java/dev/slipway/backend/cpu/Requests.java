package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** What the tactics ask of requests. */
final class Requests {
  /** The blocked layout of this machine's vectors; contiguous where there are none. */
  static final Layout BLOCKED = VectorSupport.resolved() ? new Layout.Blocked(Memory.LANES) : Layout.CONTIGUOUS;

  private Requests() {}

  static Support.Unsupported unsupported(String reason) {
    return new Support.Unsupported(reason);
  }

  /** The first input or output that is not float32; empty where all are. */
  static Optional<String> notFloat32(KernelRequest request) {
    for (TensorType type : request.inputTypes()) {
      if (type.dtype() != DType.FLOAT32) {
        return Optional.of("input type " + type + " (expected: float32)");
      }
    }
    for (TensorType type : request.outputs()) {
      if (type.dtype() != DType.FLOAT32) {
        return Optional.of("output type " + type + " (expected: float32)");
      }
    }
    return Optional.empty();
  }

  /** Whether a tensor is contiguous or in this machine's blocked layout. */
  static boolean isOwnLayout(TensorType type) {
    return type.layout().equals(Layout.CONTIGUOUS) || type.layout().equals(BLOCKED);
  }

  static boolean isBlocked(TensorType type) {
    return type.layout().equals(BLOCKED);
  }

  static int[] dims(TensorType type) {
    long[] known = type.shape().known();
    int[] dims = new int[known.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Math.toIntExact(known[i]);
    }
    return dims;
  }

  static long elements(TensorType type) {
    return Shape.product(type.shape().known());
  }

  /**
   * The extents of a window over activations N, C, spatial axes (one or two of them).
   *
   * @param window complete: every list as long as there are axes
   */
  static ConvShape convShape(TensorType in, TensorType out, SpatialWindow window, int groups) {
    int[] x = dims(in);
    int[] y = dims(out);
    boolean flat = x.length == 3;
    long[] sizes = flat ? new long[] {x[2]} : new long[] {x[2], x[3]};
    long[] pads = window.resolvePads(sizes);
    int last = flat ? 0 : 1;
    int inHeight = flat ? 1 : x[2];
    int kernelHeight = flat ? 1 : Math.toIntExact(window.kernel().getFirst());
    int kernelWidth = Math.toIntExact(window.kernel().get(last));
    int strideHeight = flat ? 1 : Math.toIntExact(window.strides().getFirst());
    int strideWidth = Math.toIntExact(window.strides().get(last));
    int dilationHeight = flat ? 1 : Math.toIntExact(window.dilations().getFirst());
    int dilationWidth = Math.toIntExact(window.dilations().get(last));
    int padTop = flat ? 0 : Math.toIntExact(pads[0]);
    int padLeft = Math.toIntExact(pads[last]);
    int outHeight = flat ? 1 : y[2];
    int outWidth = y[y.length - 1];
    // The end pads that give exactly the output's size, whatever the rounding.
    int padBottom = (outHeight - 1) * strideHeight + dilationHeight * (kernelHeight - 1) + 1 - inHeight - padTop;
    int padRight = (outWidth - 1) * strideWidth + dilationWidth * (kernelWidth - 1) + 1 - x[x.length - 1] - padLeft;
    return new ConvShape(
        x[0],
        x[1],
        inHeight,
        x[x.length - 1],
        y[1],
        kernelHeight,
        kernelWidth,
        strideHeight,
        strideWidth,
        padTop,
        padLeft,
        Math.max(padBottom, 0),
        Math.max(padRight, 0),
        dilationHeight,
        dilationWidth,
        groups);
  }

  /** A constant for each channel, padded with zeros to whole vectors. */
  static MemorySegment channels(KernelRequest request, int port, PackedConstants constants, int blocks) {
    Tensor tensor = request.constant(port).orElseThrow();
    return constants.pack(
        port,
        "channels-" + Memory.LANES,
        (long) blocks * Memory.VECTOR_BYTES,
        to -> MemorySegment.copy(tensor.data(), 0, to, 0, tensor.elementCount() * Float.BYTES));
  }
}
