package dev.slipway.backend.cuda;

import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A product of bytes for tensor cores: pixels or rows, output channels in memory and those that are results, depth.
 *
 * @param window empty where rows lie one behind the other
 */
record ByteProduct(long pixels, long channels, long valid, long depth, Optional<Window> window) {

  /** How rows of windows are read, of pictures with {@code stored} channels in memory. */
  record Window(
      long height, long width, long stored, long outHeight, long outWidth, long kernelHeight, long kernelWidth,
      long strideY, long strideX, long dilationY, long dilationX, long padY, long padX) {

    /** In the order of kernels' parameters. */
    List<Long> numbers() {
      return List.of(
          height, width, stored, outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX,
          padY, padX);
    }

    long taps() {
      return kernelHeight * kernelWidth;
    }
  }

  /** Why kernels do not take the types, layouts and sizes of a product; empty where they do. */
  static Optional<String> refusal(KernelRequest request, QuantizedGroup group) {
    TensorType input = request.input(group.port(0));
    if (!ByteEpilogue.takes(request, group)) {
      return Optional.of("sides that lie otherwise than the output, or several");
    }
    Optional<String> form = group.anchor() instanceof QuantizedConv conv
        ? convRefusal(input, request.output(), conv)
        : matrixRefusal(input, request.output(), request.input(group.port(QuantizedGroup.WEIGHTS)), group);
    if (form.isPresent()) {
      return form;
    }
    ByteProduct product = of(request, group);
    boolean fits = input.bytes() <= Integer.MAX_VALUE && product.pixels() <= Integer.MAX_VALUE
        && product.weightBytes() <= Integer.MAX_VALUE;
    return fits ? Optional.empty() : Optional.of("input " + input + " (expected: less than 2 GiB)");
  }

  private static Optional<String> convRefusal(TensorType input, TensorType output, QuantizedConv conv) {
    return conv.group() == 1 && input.shape().rank() == 4 && input.layout().equals(CudaBackend.BYTES)
            && output.layout().equals(CudaBackend.BYTES)
        ? Optional.empty()
        : Optional.of("input " + input + " in " + conv.group() + " groups to " + output
            + " (expected: two spatial axes, layout " + CudaBackend.BYTES + ", one group)");
  }

  private static Optional<String> matrixRefusal(
      TensorType input, TensorType output, TensorType weights, QuantizedGroup group) {
    long[] dims = weights.shape().known();
    boolean isAligned = dims[0] % ByteConstants.MULTIPLE == 0
        && (group.sides().isEmpty() || dims[1] % ByteConstants.MULTIPLE == 0);
    return isAligned && input.layout() == Layout.CONTIGUOUS && output.layout() == Layout.CONTIGUOUS
        ? Optional.empty()
        : Optional.of("input " + input + " by " + weights + " (expected: contiguous, multiples of "
            + ByteConstants.MULTIPLE + ")");
  }

  static ByteProduct of(KernelRequest request, QuantizedGroup group) {
    TensorType weights = request.input(group.port(QuantizedGroup.WEIGHTS));
    long[] kernel = weights.shape().known();
    long[] out = request.output().shape().known();
    if (!(group.anchor() instanceof QuantizedConv conv)) {
      long rows = LongStream.of(out).limit(out.length - 1).reduce(1, (a, b) -> a * b);
      return new ByteProduct(rows, kernel[1], kernel[1], kernel[0], Optional.empty());
    }
    long[] in = request.input(group.port(0)).shape().known();
    SpatialWindow window = conv.window(weights.shape());
    long[] pads = window.resolvePads(new long[] {in[2], in[3]});
    long stored = ByteConstants.padded(in[1]);
    boolean isMatrix = kernel[2] * kernel[3] == 1 && window.strides().equals(List.of(1L, 1L))
        && LongStream.of(pads).allMatch(pad -> pad == 0);
    Window rows = new Window(
        in[2], in[3], stored, out[2], out[3], kernel[2], kernel[3], window.strides().get(0), window.strides().get(1),
        window.dilations().get(0), window.dilations().get(1), pads[0], pads[1]);
    return new ByteProduct(
        out[0] * out[2] * out[3], ByteConstants.padded(out[1]), out[1], kernel[2] * kernel[3] * stored,
        isMatrix ? Optional.empty() : Optional.of(rows));
  }

  /** Bytes of a pixel or row. */
  long stored() {
    return window.map(Window::stored).orElse(depth);
  }

  /** Pixels of a window. */
  long taps() {
    return window.map(Window::taps).orElse(1L);
  }

  double operations() {
    return 2.0 * pixels * channels * depth;
  }

  long weightBytes() {
    return ByteConstants.rows(channels) * depth;
  }
}
