package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** The first convolution of a network on pictures of bytes: up to four channels. */
final class FirstByteConvTactic extends CudaTactic {
  private static final long LONGEST_KERNEL = 11;
  private static final long LONGEST_STRIDE = 4;
  private static final int BLOCKS_OF_PROCESSOR = 2;
  private static final double OPERATIONS_PER_MICRO = 4e8;

  FirstByteConvTactic(CudaDevice device) {
    super("cuda.first_byte_conv", 2, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<QuantizedGroup> group = QuantizedGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor() instanceof QuantizedConv conv)) {
      return Requests.operator(request, "QuantizedConv");
    }
    Optional<String> refusal = group.get().refusal(request).or(() -> refusal(request, group.get(), conv));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    FirstByteConvSource.Shape shape = shape(request, group.get(), conv);
    double operations = 2.0 * shape.depth() * request.output().layout().storageElements(request.output().shape().known());
    return new Support.Supported(Requests.movementMicros(request) + operations / OPERATIONS_PER_MICRO);
  }

  private static Optional<String> refusal(KernelRequest request, QuantizedGroup group, QuantizedConv conv) {
    TensorType input = request.input(group.port(0));
    if (input.shape().rank() != 4 || !input.layout().equals(CudaBackend.PICTURES)
        || input.shape().known()[1] > FirstByteConvSource.CHANNELS || conv.group() != 1) {
      return Optional.of("input " + input + " in " + conv.group() + " groups (expected: a picture in layout "
          + CudaBackend.PICTURES + ", one group)");
    }
    if (!request.output().layout().equals(CudaBackend.BYTES) || group.rounding().isEmpty() || !group.sides().isEmpty()) {
      return Optional.of("output " + request.output() + " (expected: bytes in layout " + CudaBackend.BYTES
          + " without sides)");
    }
    SpatialWindow window = conv.window(request.input(group.port(QuantizedGroup.WEIGHTS)).shape());
    boolean fits = window.kernel().stream().allMatch(size -> size <= LONGEST_KERNEL)
        && window.strides().stream().allMatch(step -> step <= LONGEST_STRIDE)
        && window.dilations().stream().allMatch(step -> step == 1)
        && request.output().bytes() <= Integer.MAX_VALUE;
    return fits ? Optional.empty() : Optional.of("window " + window + " (expected: small, not dilated)");
  }

  private static FirstByteConvSource.Shape shape(KernelRequest request, QuantizedGroup group, QuantizedConv conv) {
    long[] in = request.input(group.port(0)).shape().known();
    long[] out = request.output().shape().known();
    SpatialWindow window = conv.window(request.input(group.port(QuantizedGroup.WEIGHTS)).shape());
    long[] pads = window.resolvePads(new long[] {in[2], in[3]});
    return new FirstByteConvSource.Shape(
        in[0], in[2], in[3], out[2], out[3], ByteConstants.padded(out[1]), window.kernel().get(0),
        window.kernel().get(1), window.strides().get(0), window.strides().get(1), pads[0], pads[1]);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    QuantizedGroup group = QuantizedGroup.of(request).orElseThrow();
    FirstByteConvSource.Shape shape = shape(request, group, (QuantizedConv) group.anchor());
    ByteEpilogue epilogue = ByteEpilogue.of(request, group);
    FirstByteConvSource source =
        new FirstByteConvSource(shape, epilogue, unit(), device.multiprocessors() * BLOCKS_OF_PROCESSOR);
    ByteConstants packing = new ByteConstants(request, group);
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(group.port(0)));
    parameters.addAll(packing.pack(
        constants, epilogue.factor(), "byte-pictures", ByteConstants.rows(shape.channels()) * shape.depth(),
        (weights, to) -> pack(weights, shape, to)));
    parameters.add(packing.padding(constants));
    parameters.add(new Launch.Parameter.Number(request.output().shape().known()[1]));
    parameters.addAll(epilogue.arguments());
    KernelCompiler.Source text = source.write();
    Launch launch = new Launch(device.function(text), source.grid(), text.sharedBytes(), parameters);
    return new GeneratedKernel(device, List.of(launch), 0, new HashSet<>(group.constantPorts()));
  }

  private ByteTile.Unit unit() {
    return device.hasWarpgroups() ? ByteTile.Unit.WARPGROUP : ByteTile.Unit.WARP;
  }

  /** For each row of weights: row of the window, pixel of the row, four channels; zeros where there is no weight. */
  private static void pack(Tensor weights, FirstByteConvSource.Shape shape, MemorySegment to) {
    long[] dims = weights.dims();
    for (long k = 0; k < dims[0]; k++) {
      for (long c = 0; c < dims[1]; c++) {
        for (long y = 0; y < dims[2]; y++) {
          for (long x = 0; x < dims[3]; x++) {
            byte value = weights.data().get(ValueLayout.JAVA_BYTE, ((k * dims[1] + c) * dims[2] + y) * dims[3] + x);
            to.set(ValueLayout.JAVA_BYTE,
                ByteConstants.row(k) * shape.depth() + (y * shape.rowPixels() + x) * FirstByteConvSource.CHANNELS + c, value);
          }
        }
      }
    }
  }
}
