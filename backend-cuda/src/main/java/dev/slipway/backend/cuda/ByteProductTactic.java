package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Products of bytes on tensor cores, with everything that follows them in one kernel: convolutions without groups whose
 * channels lie last, and products with constant matrices.
 */
final class ByteProductTactic extends CudaTactic {
  private static final long MANY_BLOCKS = 264;
  private static final double OPERATIONS_PER_MICRO = 4e8;

  ByteProductTactic(CudaDevice device) {
    super("cuda.byte_product", 1, device);
  }

  /**
   * A product: pixels or rows, output channels in memory and those that are results, depth.
   *
   * @param window empty where rows lie one behind the other
   */
  private record Product(long pixels, long channels, long valid, long depth, Optional<ByteWindow> window) {
    double operations() {
      return 2.0 * pixels * channels * depth;
    }
  }

  /** How rows of windows are read: {@code numbers} in the order of the kernel's parameters. */
  private record ByteWindow(List<Long> numbers) {}

  @Override
  public Support supports(KernelRequest request) {
    Optional<QuantizedGroup> group = QuantizedGroup.of(request);
    if (group.isEmpty()) {
      return Requests.operator(request, "a product of bytes");
    }
    Optional<String> refusal = group.get().refusal(request).or(() -> refusal(request, group.get()));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    Product product = product(request, group.get());
    return new Support.Supported(
        Requests.movementMicros(request) + product.operations() / OPERATIONS_PER_MICRO);
  }

  private static Optional<String> refusal(KernelRequest request, QuantizedGroup group) {
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
    Product product = product(request, group);
    boolean fits = input.bytes() <= Integer.MAX_VALUE && product.pixels() <= Integer.MAX_VALUE
        && ByteConstants.rows(product.channels()) * product.depth() <= Integer.MAX_VALUE;
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

  private static Product product(KernelRequest request, QuantizedGroup group) {
    TensorType weights = request.input(group.port(QuantizedGroup.WEIGHTS));
    long[] kernel = weights.shape().known();
    long[] out = request.output().shape().known();
    if (!(group.anchor() instanceof QuantizedConv conv)) {
      long rows = LongStream.of(out).limit(out.length - 1).reduce(1, (a, b) -> a * b);
      return new Product(rows, kernel[1], kernel[1], kernel[0], Optional.empty());
    }
    long[] in = request.input(group.port(0)).shape().known();
    SpatialWindow window = conv.window(weights.shape());
    long[] pads = window.resolvePads(new long[] {in[2], in[3]});
    long stored = ByteConstants.padded(in[1]);
    boolean isMatrix = kernel[2] * kernel[3] == 1 && window.strides().equals(List.of(1L, 1L))
        && LongStream.of(pads).allMatch(pad -> pad == 0);
    ByteWindow rows = new ByteWindow(List.of(
        in[2], in[3], stored, out[2], out[3], kernel[2], kernel[3], window.strides().get(0), window.strides().get(1),
        window.dilations().get(0), window.dilations().get(1), pads[0], pads[1]));
    return new Product(
        out[0] * out[2] * out[3], ByteConstants.padded(out[1]), out[1], kernel[2] * kernel[3] * stored,
        isMatrix ? Optional.empty() : Optional.of(rows));
  }

  /** Tiles that are not much larger than the product; many blocks first. */
  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    Product product = product(request, QuantizedGroup.of(request).orElseThrow());
    List<TuningChoice> choices = new ArrayList<>();
    List<TuningChoice> few = new ArrayList<>();
    for (ByteTile tile : ByteTile.all(device.hasWarpgroups())) {
      boolean fits = tile.columns() < 2 * Math.max(product.channels(), 16)
          && tile.rows() < 2 * Math.max(product.pixels(), 32)
          && tile.depth() < 2 * Math.max(product.depth(), 64);
      if (fits) {
        boolean hasMany = tile.blocks(product.pixels(), ByteConstants.rows(product.channels())) >= MANY_BLOCKS;
        (hasMany ? choices : few).add(tile.choice());
      }
    }
    choices.addAll(few.reversed());
    return choices;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    QuantizedGroup group = QuantizedGroup.of(request).orElseThrow();
    Product product = product(request, group);
    ByteEpilogue epilogue = ByteEpilogue.of(request, group);
    ByteTile tile = ByteTile.of(choice);
    KernelCompiler.Source source = new ByteTileSource(tile, product.window().isPresent(), epilogue).write();
    ByteConstants packing = new ByteConstants(request, group);
    boolean isConv = group.anchor() instanceof QuantizedConv;
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(group.port(0)));
    parameters.addAll(packing.pack(
        constants, isConv ? "byte-windows" : "byte-columns", ByteConstants.rows(product.channels()) * product.depth(),
        isConv ? packing::packWindows : packing::packColumns));
    product.window().ifPresent(window -> {
      parameters.add(packing.padding(constants));
      window.numbers().forEach(number -> parameters.add(new Launch.Parameter.Number(number)));
    });
    for (long size : new long[] {product.pixels(), product.channels(), product.valid(), product.depth()}) {
      parameters.add(new Launch.Parameter.Number(size));
    }
    parameters.addAll(epilogue.arguments());
    Grid grid = Grid.blocks(tile.blocks(product.pixels(), ByteConstants.rows(product.channels())), tile.threads());
    Launch launch = new Launch(device.function(source), grid, source.sharedBytes(), parameters);
    return new GeneratedKernel(device, List.of(launch), 0, new HashSet<>(group.constantPorts()));
  }
}
