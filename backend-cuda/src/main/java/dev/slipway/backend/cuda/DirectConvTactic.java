package dev.slipway.backend.cuda;

import dev.slipway.operators.Conv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Convolutions one output element after the other: what takes all that no other tactic does. */
final class DirectConvTactic extends AnchoredElements {
  private static final double TAPS_PER_MICRO = 2e6;

  DirectConvTactic(CudaDevice device) {
    super("cuda.direct_conv", 2, device);
  }

  @Override
  Result anchor(Operation operation) {
    if (!(operation.op() instanceof Conv conv)) {
      return refused("operator " + operation.op().schema().name() + " (expected: Conv)");
    }
    TensorType input = operation.input(0);
    long[] weights = operation.input(1).shape().known();
    if (!input.layout().equals(operation.output().layout())) {
      return refused("layouts " + input.layout() + " and " + operation.output().layout() + " (expected: one)");
    }
    if (operation.input(1).layout() != Layout.CONTIGUOUS) {
      return refused("weights " + operation.input(1) + " (expected: contiguous)");
    }
    List<Long> kernel = IntStream.range(2, weights.length).mapToObj(axis -> weights[axis]).toList();
    SpatialWindow window = conv.window().complete(kernel);
    boolean hasBias = operation.has(2);
    List<Integer> ports = hasBias
        ? List.of(operation.port(0), operation.port(1), operation.port(2))
        : List.of(operation.port(0), operation.port(1));
    double taps = kernel.stream().mapToLong(Long::longValue).reduce(weights[1], (a, b) -> a * b);
    double micros = Requests.movementMicros(operation.request())
        + taps * operation.output().shape().elementCount() / TAPS_PER_MICRO;
    Optional<TensorType> bias = hasBias ? Optional.of(operation.input(2)) : Optional.empty();
    Optional<Packing> packing = weights[1] == 1 && input.layout() instanceof Layout.ChannelsLast
        ? operation.request().constant(operation.port(1)).map(tensor -> tapsFirst(operation.port(1), tensor))
        : Optional.empty();
    DirectAnchor anchor = new DirectAnchor(
        WindowSource.of(input, window), operation.input(1), bias, weights[0] / conv.group(), packing.isPresent());
    return new Result.Taken(new Anchored(anchor, ports, micros, packing));
  }

  /** Weights with the channels last, so that neighbouring lanes find theirs side by side. */
  private static Packing tapsFirst(int port, Tensor weights) {
    return new Packing(
        port, "taps-first", weights.type().bytes(), to -> DepthwiseConvTactic.packTapsFirst(weights, to));
  }

  /**
   * @param multiplier output channels of a group
   * @param tapsFirst whether the weights of one channel a group are packed so
   */
  private record DirectAnchor(
      WindowSource source, TensorType weights, Optional<TensorType> bias, long multiplier, boolean tapsFirst)
      implements ElementSource.Anchor {
    @Override
    public List<TensorType> inputs() {
      return bias.isPresent()
          ? List.of(source.input(), weights, bias.get())
          : List.of(source.input(), weights);
    }

    private long taps() {
      return source.window().kernel().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }

    @Override
    public String one(List<String> axes) {
      String channel = axes.get(1);
      long channels = groupChannels();
      String first = "(" + channel + ") / " + multiplier + " * " + channels;
      String weight = tapsFirst
          ? "%s * %dLL + %s".formatted(source.tap(), weights.shape().known()[0], channel)
          : "((%s) * %dLL + c) * %d + %s".formatted(channel, channels, taps(), source.tap());
      String body = "  one += widen(a0[%s]) * widen(a1[%s]);\n".formatted(
          source.offset(axes.get(0), first + " + c"), weight);
      String start = bias.isPresent() ? "widen(a2[" + channel + "])" : "0.f";
      return "  float one = 0.f;\n  for (int c = 0; c < " + channels + "; c++) {\n" + source.loops(axes, body)
          + "  }\n  one += " + start + ";\n";
    }

    private long groupChannels() {
      return weights.shape().known()[1];
    }

    @Override
    public Optional<String> packed(List<String> axes, int lanes) {
      long channels = weights.shape().known()[0];
      if (multiplier != 1 || groupChannels() != 1 || channels % lanes != 0) {
        return Optional.empty();
      }
      String channel = axes.get(1);
      String weight = tapsFirst ? "w.v[lane]" : "a1[(%s + lane) * %dLL + %s]".formatted(channel, taps(), source.tap());
      String body = "  const auto v = load<%d>(a0 + %s);\n".formatted(lanes, source.offset(axes.get(0), channel))
          + (tapsFirst
              ? "  const auto w = load<%d>(a1 + %s * %d + %s);\n".formatted(lanes, source.tap(), channels, channel)
              : "")
          + eachLane(lanes, "result[lane] += widen(v.v[lane]) * widen(" + weight + ");");
      String end = bias.isPresent() ? eachLane(lanes, "result[lane] += widen(a2[" + channel + " + lane]);") : "";
      return Optional.of(eachLane(lanes, "result[lane] = 0.f;") + source.loops(axes, body) + end);
    }

    private static String eachLane(int lanes, String statement) {
      return "#pragma unroll\n  for (int lane = 0; lane < " + lanes + "; lane++) { " + statement + " }\n";
    }
  }
}
