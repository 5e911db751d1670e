package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/** What the tactics for products of bytes ask of requests: inputs x, weights, scale, offset, start. */
final class ByteRequests {
  private static final int WEIGHTS = 1;
  private static final int SCALE = 2;
  private static final int OFFSET = 3;
  private static final int START = 4;
  private static final int LARGEST_PRODUCT = 255 * 128;
  private static final double COPIED_PER_MICRO = 1000;

  private ByteRequests() {}

  /** Why integer kernels cannot compute a product; empty where they can. */
  static Optional<String> productRefusal(KernelRequest request, ByteGroup group) {
    for (int port = WEIGHTS; port <= START; port++) {
      if (request.constant(port).isEmpty()) {
        String name = group.anchor().schema().inputs().get(port).name();
        return Optional.of(name + " that is computed (expected: a constant)");
      }
    }
    if (!ChannelBytes.isTaken(request.input(0)) || !ChannelBytes.isTaken(request.output())) {
      return Optional.of("layouts " + request.input(0).layout() + " to " + request.output().layout()
          + " (expected: contiguous or " + ChannelBytes.LAYOUT + ")");
    }
    if (group.hasSide() && !ChannelBytes.isTaken(request.input(group.sidePort()))) {
      return Optional.of("epilogue input " + request.input(group.sidePort()) + " (expected: contiguous or in "
          + ChannelBytes.LAYOUT + ")");
    }
    if (!group.epilogue().isSupported()) {
      return Optional.of("epilogue " + group.epilogue().expression() + " (expected: functions that have vector code)");
    }
    if (Requests.elements(request.input(0)) == 0 || Requests.elements(request.output()) == 0) {
      return Optional.of("empty activations");
    }
    if (group.dynamic() && group.rounding().isPresent()) {
      return Optional.of("a scale of activations that is computed, and results rounded (expected: float results)");
    }
    if (group.scalesRows()) {
      Optional<String> refusal = rowRefusal(request, group);
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    if (group.wZeroPoint() != 0 && group.hasSide()) {
      return Optional.of("zero point " + group.wZeroPoint()
          + " of weights with an epilogue input (expected: one of them)");
    }
    return sumRefusal(request);
  }

  private static Optional<String> rowRefusal(KernelRequest request, ByteGroup group) {
    if (group.rounding().isPresent() || group.hasSide() || group.wZeroPoint() != 0) {
      return Optional.of("scales of rows with results rounded, an epilogue input or a zero point of weights "
          + "(expected: float results alone)");
    }
    long columns = Requests.dims(request.input(WEIGHTS))[1];
    long scales = Requests.elements(request.input(ByteGroup.X_SCALE));
    return group.anchor() instanceof QuantizedMatMul && scales * columns == Requests.elements(request.output())
        ? Optional.empty()
        : Optional.of("scales " + request.input(ByteGroup.X_SCALE) + " (expected: one for each row of a matrix)");
  }

  /** Sums must stay within int32, and so must what becomes of them before it is rounded. */
  private static Optional<String> sumRefusal(KernelRequest request) {
    Tensor start = request.constant(START).orElseThrow();
    long depth = Requests.elements(request.input(WEIGHTS)) / Math.max(1, start.elementCount());
    double sum = 2.0 * LARGEST_PRODUCT * depth + largest(start);
    double steps = sum * largest(request.constant(SCALE).orElseThrow())
        + largest(request.constant(OFFSET).orElseThrow());
    if (sum > Integer.MAX_VALUE) {
      return Optional.of("sums of " + depth + " products from " + largest(start) + " (expected: within int32)");
    }
    if (!(steps < Integer.MAX_VALUE)) {
      return Optional.of("results up to " + steps + " steps (expected: within int32)");
    }
    return Optional.empty();
  }

  private static double largest(Tensor tensor) {
    return Arrays.stream(tensor.toDoubles()).map(Math::abs).max().orElse(0);
  }

  /** The time of copies into blocks and out of them. */
  static double copyMicros(KernelRequest request) {
    double copied = (ChannelBytes.isBlocked(request.input(0)) ? 0 : Requests.elements(request.input(0)))
        + (ChannelBytes.isBlocked(request.output()) ? 0 : Requests.elements(request.output()));
    return copied / COPIED_PER_MICRO;
  }

  /** The channels' parameters; where the zero point is an input, those for the zero point 0. */
  static MemorySegment parameters(KernelRequest request, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    int zeroPoint = group.dynamic() ? 0 : group.xZeroPoint();
    Tensor start = request.constant(START).orElseThrow();
    int channels = Math.toIntExact(start.elementCount());
    return constants.pack(
        START,
        "channel-parameters-" + ChannelBytes.BLOCK,
        ChannelParameters.bytes(channels),
        to -> ChannelParameters.pack(
            start,
            request.constant(SCALE).orElseThrow(),
            request.constant(OFFSET).orElseThrow(),
            weightSums(request, channels),
            zeroPoint,
            to));
  }

  /** For each channel the sum of its weights less their zero point; zeros for further ones. */
  static int[] weightSums(KernelRequest request, int padded) {
    int channels = Math.toIntExact(request.constant(START).orElseThrow().elementCount());
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    MemorySegment weights = request.constant(WEIGHTS).orElseThrow().data();
    long elements = Requests.elements(request.input(WEIGHTS));
    long depth = elements / channels;
    boolean rows = group.anchor() instanceof QuantizedConv;
    int[] sums = new int[padded];
    for (long i = 0; i < elements; i++) {
      sums[(int) (rows ? i / depth : i % channels)] += weights.get(AddressSpace.BYTE, i) - group.wZeroPoint();
    }
    return sums;
  }

  /** Memory that lives as long as it is reachable. */
  static MemorySegment rounding(Optional<ByteRounding> rounding) {
    MemorySegment constants = Arena.ofAuto().allocate(RoundingConstants.BYTES, AddressSpace.ALIGNMENT);
    rounding.ifPresent(own -> RoundingConstants.pack(own, constants));
    return constants;
  }
}
