package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Expression;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
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
  private final Expression expression;
  private final List<Side> sides;

  /** How a side lies along the output. */
  private enum Kind {
    LIKE_OUTPUT,
    OF_CHANNELS,
    ONE
  }

  private record Side(int port, TensorType type, Kind kind) {}

  private ChannelEpilogue(TensorType output, Expression expression, List<Side> sides) {
    this.output = output;
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
    return Optional.of(new ChannelEpilogue(request.output(), expression, List.copyOf(sides)));
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

  boolean hasSidesLikeOutput() {
    return sides.stream().anyMatch(side -> side.kind() == Kind.LIKE_OUTPUT);
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

  /** Variables for the elements of sides like the output, {@code count} times {@code lanes} of them. */
  String declarations(String count, int lanes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sides.size(); i++) {
      if (sides.get(i).kind() == Kind.LIKE_OUTPUT) {
        text.append("Pack<%s, %d> v%d[%s];\n".formatted(
            CudaTypes.name(sides.get(i).type().dtype()), lanes, i, count));
      }
    }
    return text.toString();
  }

  /** Loads the {@code index}-th of them from {@code offset}, an offset in the output. */
  String loads(String index, String offset, int lanes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sides.size(); i++) {
      if (sides.get(i).kind() == Kind.LIKE_OUTPUT) {
        text.append("v%1$d[%2$s] = *(const Pack<%3$s, %4$d>*) (s%1$d + %5$s);\n".formatted(
            i, index, CudaTypes.name(sides.get(i).type().dtype()), lanes, offset));
      }
    }
    return text.toString();
  }

  /**
   * Stores {@code float result[lanes]} at {@code offset}.
   *
   * @param channel the first lane's
   * @param valid how many channels there are; zeros follow them
   */
  String store(String index, String offset, String channel, String valid, int lanes) {
    String type = CudaTypes.name(output.dtype());
    StringBuilder text = new StringBuilder();
    text.append("Pack<%s, %d> packed;\n#pragma unroll\n".formatted(type, lanes));
    text.append("for (int lane = 0; lane < %d; lane++) {\n".formatted(lanes));
    text.append("  const int own = min(%s + lane, %s - 1);\n".formatted(channel, valid));
    ExpressionSource source = new ExpressionSource(text, "  ", port -> input(port, index));
    String value = source.write(expression);
    text.append("  packed.v[lane] = narrow<%s>(%s + lane < %s ? %s : 0.f);\n}\n".formatted(type, channel, valid, value));
    text.append("*(Pack<%s, %d>*) (out + %s) = packed;\n".formatted(type, lanes, offset));
    return text.toString();
  }

  private String input(int port, String index) {
    if (port == FusedGroup.RESULT) {
      return "result[lane]";
    }
    int side = IntStream.range(0, sides.size()).filter(i -> sides.get(i).port() == port).findFirst().orElseThrow();
    return switch (sides.get(side).kind()) {
      case LIKE_OUTPUT -> "widen(v%d[%s].v[lane])".formatted(side, index);
      case OF_CHANNELS -> "widen(s%d[own])".formatted(side);
      case ONE -> "widen(s%d[0])".formatted(side);
    };
  }
}
