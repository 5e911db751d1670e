package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Expression;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A convolution of a request, taken apart for cuDNN.
 *
 * @param biasPort -1 where there is none
 * @param all everything that follows the convolution, its bias included where the problem does not have it
 * @param rest what follows the problem with its steps
 */
record ConvRequest(
    ConvProblem problem,
    int inputPort,
    int weightsPort,
    int biasPort,
    Optional<Tensor> weights,
    Optional<Tensor> bias,
    Expression all,
    Expression rest) {

  /** Weights with channels last, and the bias, both filled up with zeros. */
  record Packed(DeviceBuffer weights, Optional<DeviceBuffer> bias) {}

  static boolean isHalf(KernelRequest request) {
    return CudaTypes.HALVES.contains(request.output().dtype()) && request.output().layout() instanceof Layout.ChannelsLast;
  }

  /** Why cuDNN does not take a convolution. */
  static Optional<String> refusal(KernelRequest request, FusedGroup group) {
    Conv conv = (Conv) group.anchor().orElseThrow();
    TensorType input = request.input(group.anchorInputs().get(0));
    TensorType weights = request.input(group.anchorInputs().get(1));
    int spatial = input.shape().rank() - 2;
    if (spatial < 1 || spatial > 3) {
      return Optional.of("spatial axes: " + spatial + " (expected: 1 to 3)");
    }
    if (input.dtype() != request.output().dtype() || !input.layout().equals(request.output().layout())) {
      return Optional.of("input " + input + " (expected: type and layout of the output " + request.output() + ")");
    }
    if (input.bytes() == 0) {
      return Optional.of("input " + input + " (expected: some elements)");
    }
    long[] pads = window(conv, input, weights).resolvePads(spatial(input));
    for (int i = 0; i < spatial; i++) {
      if (pads[i] != pads[i + spatial]) {
        return Optional.of("pads " + Arrays.toString(pads) + " (expected: the same at both ends)");
      }
    }
    if (input.layout() == Layout.CONTIGUOUS) {
      return input.dtype() == DType.FLOAT32 ? Optional.empty() : Optional.of("16-bit floats with channels not last");
    }
    return halfRefusal(request, group, conv, input, weights);
  }

  private static Optional<String> halfRefusal(
      KernelRequest request, FusedGroup group, Conv conv, TensorType input, TensorType weights) {
    boolean areConstant = group.anchorInputs().stream()
        .skip(1)
        .allMatch(port -> port < 0 || request.constant(port).isPresent());
    if (!isHalf(request) || input.shape().rank() > 4 || !areConstant) {
      return Optional.of("input " + input + " (expected: 16-bit floats with channels last, constant weights)");
    }
    long multiple = ((Layout.ChannelsLast) input.layout()).multiple();
    boolean fits = conv.group() == 1
        || input.shape().known()[1] % multiple == 0 && weights.shape().known()[0] % multiple == 0;
    return fits
        ? Optional.empty()
        : Optional.of("channels " + input.shape().known()[1] + " in " + conv.group() + " groups (expected: multiples of "
            + multiple + ")");
  }

  private static long[] spatial(TensorType type) {
    long[] dims = type.shape().known();
    return Arrays.copyOfRange(dims, 2, dims.length);
  }

  private static SpatialWindow window(Conv conv, TensorType input, TensorType weights) {
    return conv.window().complete(LongStream.of(spatial(weights)).boxed().toList());
  }

  static ConvRequest of(KernelRequest request, FusedGroup group) {
    Conv conv = (Conv) group.anchor().orElseThrow();
    int inputPort = group.anchorInputs().get(0);
    int weightsPort = group.anchorInputs().get(1);
    int biasPort = group.anchorInputs().size() > 2 ? group.anchorInputs().get(2) : -1;
    TensorType input = request.input(inputPort);
    TensorType weights = request.input(weightsPort);
    SpatialWindow window = window(conv, input, weights);
    int spatial = input.shape().rank() - 2;
    List<Long> pads = LongStream.of(window.resolvePads(spatial(input))).limit(spatial).boxed().toList();
    boolean half = isHalf(request);
    Optional<List<ConvProblem.Step>> steps =
        half ? new ConvSteps(request).of(group.epilogue()) : Optional.empty();
    ConvProblem problem = new ConvProblem(
        array(input, input.layout()),
        array(half ? storedWeights(weights, input.layout(), conv) : weights, input.layout()),
        array(request.output(), input.layout()),
        withSecondAxis(window.strides(), 1),
        withSecondAxis(window.dilations(), 1),
        withSecondAxis(pads, 0),
        half && biasPort >= 0,
        steps.orElse(List.of()));
    Expression all = half || biasPort < 0 ? group.epilogue() : withBias(group.epilogue(), biasPort);
    return new ConvRequest(
        problem,
        inputPort,
        weightsPort,
        biasPort,
        request.constant(weightsPort),
        biasPort < 0 ? Optional.empty() : request.constant(biasPort),
        all,
        steps.isPresent() ? Expression.input(FusedGroup.RESULT) : all);
  }

  private static Expression withBias(Expression epilogue, int port) {
    Expression sum = Expression.input(FusedGroup.RESULT).plus(Expression.input(port));
    return Expressions.replace(epilogue, part ->
        Expressions.isInput(part, FusedGroup.RESULT) ? Optional.of(sum) : Optional.empty());
  }

  private static TensorType storedWeights(TensorType weights, Layout layout, Conv conv) {
    Layout.ChannelsLast last = (Layout.ChannelsLast) layout;
    long[] dims = weights.shape().known().clone();
    dims[0] = last.storedChannels(dims[0]);
    dims[1] = conv.group() == 1 ? last.storedChannels(dims[1]) : dims[1];
    return TensorType.of(weights.dtype(), Shape.of(dims));
  }

  /** As cuDNN sees a tensor: with all channels that memory has, and two spatial axes at least. */
  private static ConvProblem.Array array(TensorType type, Layout layout) {
    long[] dims = type.shape().known().clone();
    TensorType own = type;
    if (layout instanceof Layout.ChannelsLast last) {
      dims[1] = type.layout() == Layout.CONTIGUOUS ? dims[1] : last.storedChannels(dims[1]);
      own = new TensorType(type.dtype(), Shape.of(dims), new Layout.ChannelsLast(1));
    }
    List<Long> sizes = new ArrayList<>(LongStream.of(dims).boxed().toList());
    List<Long> strides = new ArrayList<>(LongStream.of(Strides.of(own)).boxed().toList());
    if (sizes.size() == 3) {
      sizes.add(2, 1L);
      strides.add(2, strides.get(2) * sizes.get(3));
    }
    return new ConvProblem.Array(type.dtype(), List.copyOf(sizes), List.copyOf(strides));
  }

  private static List<Long> withSecondAxis(List<Long> ofAxes, long neutral) {
    return ofAxes.size() == 1 ? List.of(neutral, ofAxes.getFirst()) : ofAxes;
  }

  /** A side of the epilogue as it is broadcast to the output; the convolution's bias runs along the channels. */
  TensorType sideType(KernelRequest request, int port) {
    TensorType type = request.input(port);
    if (port != biasPort) {
      return type;
    }
    long[] dims = new long[request.output().shape().rank()];
    Arrays.fill(dims, 1);
    dims[1] = type.shape().known()[0];
    return TensorType.of(type.dtype(), dims);
  }

  /** The constants with channels last; empty where the inputs serve as they are. */
  Optional<Packed> packed(PackedConstants packing) {
    if (problem.input().type() == DType.FLOAT32) {
      return Optional.empty();
    }
    String format = "channels-last-" + problem.weights().dims();
    long bytes = problem.weights().dims().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b) * Short.BYTES;
    DeviceBuffer packedWeights = packing.onDevice(weightsPort, format, bytes, this::packWeights);
    if (biasPort < 0) {
      return Optional.of(new Packed(packedWeights, Optional.empty()));
    }
    long channels = problem.output().dims().get(1);
    DeviceBuffer padded = packing.onDevice(biasPort, "padded-" + channels, channels * Short.BYTES, this::packBias);
    return Optional.of(new Packed(packedWeights, Optional.of(padded)));
  }

  private void packWeights(MemorySegment to) {
    MemorySegment from = weights.orElseThrow().data();
    long[] dims = weights.orElseThrow().dims();
    long taps = Shape.product(Arrays.copyOfRange(dims, 2, dims.length));
    long stored = problem.weights().dims().get(1);
    for (long k = 0; k < dims[0]; k++) {
      for (long c = 0; c < dims[1]; c++) {
        for (long tap = 0; tap < taps; tap++) {
          short value = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, ((k * dims[1] + c) * taps + tap) * Short.BYTES);
          to.set(ValueLayout.JAVA_SHORT_UNALIGNED, ((k * taps + tap) * stored + c) * Short.BYTES, value);
        }
      }
    }
  }

  private void packBias(MemorySegment to) {
    MemorySegment.copy(bias.orElseThrow().data(), 0, to, 0, bias.orElseThrow().type().bytes());
  }
}
