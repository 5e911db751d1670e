package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Expression;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Writes what becomes of a few neighbouring channels of one pixel before they are stored: an expression of the results
 * and of sides that are like the output, or have one element for each channel, or one at all. The output and sides like
 * it start at multiples of 16 bytes, as do the first lanes.
 */
final class ChannelEpilogue {
  private final TensorType output;
  private final long channels;
  private final Expression expression;
  private final List<Side> sides;

  /** How a side lies along the output. */
  private enum Kind {
    LIKE_OUTPUT,
    OF_CHANNELS,
    ONE
  }

  private record Side(int port, TensorType type, Kind kind) {}

  private ChannelEpilogue(TensorType output, long channels, Expression expression, List<Side> sides) {
    this.output = output;
    this.channels = channels;
    this.expression = expression;
    this.sides = sides;
  }

  /**
   * The epilogue; empty where a side lies otherwise.
   *
   * @param expression over inputs of the request, and {@code Input(RESULT)}
   * @param channelAxis the output's innermost axis in memory
   */
  static Optional<ChannelEpilogue> of(KernelRequest request, Expression expression, int channelAxis) {
    List<Side> sides = new ArrayList<>();
    for (int port : Expressions.inputs(expression)) {
      if (port == FusedGroup.RESULT) {
        continue;
      }
      Optional<Kind> kind = kind(request.input(port), request.output(), channelAxis);
      if (kind.isEmpty()) {
        return Optional.empty();
      }
      sides.add(new Side(port, request.input(port), kind.get()));
    }
    sides.sort(Comparator.comparing(Side::kind));
    long channels = request.output().shape().known()[channelAxis];
    return Optional.of(new ChannelEpilogue(request.output(), channels, expression, List.copyOf(sides)));
  }

  private static Optional<Kind> kind(TensorType side, TensorType output, int channelAxis) {
    if (side.equals(output)) {
      return Optional.of(Kind.LIKE_OUTPUT);
    }
    long[] strides = Strides.broadcast(side, output.shape().rank());
    boolean others = IntStream.range(0, strides.length).allMatch(axis -> axis == channelAxis || strides[axis] == 0);
    if (!others || strides[channelAxis] > 1) {
      return Optional.empty();
    }
    return Optional.of(strides[channelAxis] == 1 ? Kind.OF_CHANNELS : Kind.ONE);
  }

  /** Of the output's elements. */
  DType type() {
    return output.dtype();
  }

  /** How many sides are like the output: they are {@code s0}, {@code s1}, ... */
  long sidesLikeOutput() {
    return sides.stream().filter(side -> side.kind() == Kind.LIKE_OUTPUT).count();
  }

  /** The sides' parameters: {@code s0}, {@code s1}, ... */
  String parameters() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sides.size(); i++) {
      text.append("const ").append(CudaTypes.name(sides.get(i).type().dtype())).append("* s").append(i).append(", ");
    }
    return text.toString();
  }

  List<Launch.Parameter> arguments() {
    return sides.stream().<Launch.Parameter>map(side -> new Launch.Parameter.Input(side.port())).toList();
  }

  /** Loads lanes of the sides like the output at an offset in it: {@code v0}, {@code v1}, ... */
  String loads(String offset, int lanes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sidesLikeOutput(); i++) {
      text.append("const auto v%1$d = *(const Pack<%2$s, %3$d>*) (s%1$d + %4$s);\n".formatted(
          i, CudaTypes.name(output.dtype()), lanes, offset));
    }
    return text.toString();
  }

  /**
   * Replaces {@code float result[lanes]}, the first of channel {@code channel}, by the expression of them and of
   * {@code v0}, {@code v1}, ...; behind the valid channels by zeros.
   */
  String apply(int lanes) {
    StringBuilder text = new StringBuilder("#pragma unroll\n");
    text.append("for (int lane = 0; lane < %d; lane++) {\n".formatted(lanes));
    if (sides.stream().anyMatch(side -> side.kind() == Kind.OF_CHANNELS)) {
      text.append("  const int own = min(channel + lane, %d);\n".formatted(channels - 1));
    }
    String value = new ExpressionSource(text, "  ", this::input).write(expression);
    text.append("  result[lane] = ").append(value).append(";\n");
    if (channels % lanes != 0) {
      text.append("  if (channel + lane >= %d) result[lane] = 0.f;\n".formatted(channels));
    }
    return text.append("}\n").toString();
  }

  private String input(int port) {
    if (port == FusedGroup.RESULT) {
      return "result[lane]";
    }
    int side = IntStream.range(0, sides.size()).filter(i -> sides.get(i).port() == port).findFirst().orElseThrow();
    return switch (sides.get(side).kind()) {
      case LIKE_OUTPUT -> "widen(v%d.v[lane])".formatted(side);
      case OF_CHANNELS -> "widen(s%d[own])".formatted(side);
      case ONE -> "widen(s%d[0])".formatted(side);
    };
  }
}
