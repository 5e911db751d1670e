package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Conv;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The first convolution of a network on pictures: few channels and steps of two pixels. Tensor cores read windows where
 * they overlap in a block's memory, as four channels a pixel, so that nothing is copied once for each window.
 */
final class FirstConvTactic extends CudaTactic {
  private static final long LONGEST_KERNEL = 11;
  private static final double FLOPS_PER_MICRO = 4e8;

  FirstConvTactic(CudaDevice device) {
    super("cuda.first_conv", 2, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor().orElse(request.op()) instanceof Conv conv)) {
      return Requests.operator(request, "Conv");
    }
    Optional<String> refusal = Requests.notReal(request).or(() -> ConvRequest.refusal(request, group.get()));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    if (!ConvRequest.isHalf(request) || conv.group() != 1 || request.output().shape().rank() != 4) {
      return Requests.unsupported("output " + request.output() + " in " + conv.group()
          + " groups (expected: 16-bit floats with channels last, one group, two spatial axes)");
    }
    Optional<ChannelEpilogue> epilogue = ChannelEpilogue.of(request, group.get().epilogue(), 1);
    if (epilogue.isEmpty() || epilogue.get().sidesLikeOutput() > 0) {
      return Requests.unsupported("sides that have more than an element for each channel");
    }
    ConvProblem problem = ConvRequest.of(request, group.get()).problem();
    long channels = request.input(group.get().anchorInputs().get(0)).shape().known()[1];
    List<Long> kernel = problem.weights().dims();
    boolean fits = channels <= FirstConvSource.CHANNELS
        && problem.input().dims().get(1) == FirstConvSource.STORED_CHANNELS
        && problem.strides().get(1) == 2
        && problem.strides().get(0) <= 2
        && problem.dilations().equals(List.of(1L, 1L))
        && kernel.get(2) <= LONGEST_KERNEL
        && kernel.get(3) <= LONGEST_KERNEL;
    return fits
        ? new Support.Supported(Requests.movementMicros(request) + problem.flops() / FLOPS_PER_MICRO)
        : Requests.unsupported("channels " + channels + ", strides " + problem.strides()
            + " (expected: at most " + FirstConvSource.CHANNELS + " channels, steps of two pixels)");
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    ConvRequest conv = ConvRequest.of(request, group);
    ChannelEpilogue epilogue = ChannelEpilogue.of(request, group.epilogue(), 1).orElseThrow();
    FirstConvSource source = new FirstConvSource(
        conv.problem(), epilogue, conv.biasPort() >= 0, device.multiprocessors());
    Tensor weights = conv.weights().orElseThrow();
    long bytes = conv.problem().weights().dims().get(0) * source.depth() * Short.BYTES;
    DeviceBuffer packed = constants.onDevice(
        conv.weightsPort(), "four-channels-" + bytes, bytes, to -> pack(weights, source, to));
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(conv.inputPort()));
    parameters.add(new Launch.Parameter.Packed(packed));
    conv.packed(constants)
        .flatMap(ConvRequest.Packed::bias)
        .ifPresent(bias -> parameters.add(new Launch.Parameter.Packed(bias)));
    parameters.addAll(epilogue.arguments());
    parameters.add(new Launch.Parameter.Output(0));
    KernelCompiler.Source text = source.write();
    Launch launch = new Launch(device.function(text), source.grid(), text.sharedBytes(), parameters);
    Set<Integer> constantPorts =
        conv.biasPort() < 0 ? Set.of(conv.weightsPort()) : Set.of(conv.weightsPort(), conv.biasPort());
    return new GeneratedKernel(device, List.of(launch), 0, constantPorts);
  }

  /** Output channel, row of the window, pixel of the row, four channels; zeros where there is no weight. */
  private static void pack(Tensor weights, FirstConvSource source, MemorySegment to) {
    to.fill((byte) 0);
    long[] dims = weights.dims();
    for (long k = 0; k < dims[0]; k++) {
      for (long c = 0; c < dims[1]; c++) {
        for (long y = 0; y < dims[2]; y++) {
          for (long x = 0; x < dims[3]; x++) {
            long from = ((k * dims[1] + c) * dims[2] + y) * dims[3] + x;
            long at = k * source.depth()
                + (y * source.pixelsOfRow() + source.pixelsBefore() + x) * FirstConvSource.CHANNELS + c;
            to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at * Short.BYTES,
                weights.data().get(ValueLayout.JAVA_SHORT_UNALIGNED, from * Short.BYTES));
          }
        }
      }
    }
  }
}
