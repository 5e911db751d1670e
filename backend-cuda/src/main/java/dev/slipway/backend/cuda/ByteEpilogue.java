package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes what becomes of four neighbouring results of a product of bytes. Its numbers are parameters of the kernel, so that
 * layers share their code.
 */
final class ByteEpilogue {
  private static final long SMALL = 1 << 22;

  private final Expression expression;
  private final List<Float> constants = new ArrayList<>();
  private final Optional<ByteRounding> rounding;
  private final Optional<Side> side;
  private final boolean isSmall;
  private final boolean hasOffset;
  private final boolean isFull;

  /** A tensor like the output, of bytes or float32. */
  private record Side(int port, DType type) {}

  private ByteEpilogue(KernelRequest request, QuantizedGroup group, Optional<Side> side) {
    ByteConstants constants = new ByteConstants(request, group);
    this.isSmall = constants.largestSum() < SMALL;
    this.hasOffset = constants.hasOffset();
    this.isFull = constants.channels() % ByteConstants.MULTIPLE == 0;
    this.rounding = group.rounding();
    this.side = side;
    this.expression = Expressions.replace(withoutBound(group), part ->
        part instanceof Expression.Constant(double value) ? Optional.of(constant((float) value)) : Optional.empty());
  }

  /** The epilogue without a bound at zero where rounding has the same one. */
  private static Expression withoutBound(QuantizedGroup group) {
    boolean isBounded = group.rounding().filter(own -> own.lowest() == own.zeroPoint()).isPresent();
    return isBounded
            && group.epilogue() instanceof Expression.Binary(Operation times, Expression.Binary(Operation max,
                Expression x, Expression bound), Expression.Constant(double factor))
            && times == Operation.MULTIPLY && max == Operation.MAX && Expressions.isConstant(bound, 0) && factor > 0
        ? x.times(factor)
        : group.epilogue();
  }

  private Expression constant(float value) {
    constants.add(value);
    return Expression.input(FusedGroup.RESULT - constants.size());
  }

  /** Whether there is at most one side, and it lies as the output does. */
  static boolean takes(KernelRequest request, QuantizedGroup group) {
    return group.sides().isEmpty() || side(request, group).isPresent();
  }

  /** The epilogue of a group that it takes. */
  static ByteEpilogue of(KernelRequest request, QuantizedGroup group) {
    return new ByteEpilogue(request, group, side(request, group));
  }

  private static Optional<Side> side(KernelRequest request, QuantizedGroup group) {
    return Optional.of(group.sides())
        .filter(ports -> ports.size() == 1)
        .map(ports -> new Side(ports.getFirst(), request.input(ports.getFirst()).dtype()))
        .filter(side -> side.type() == DType.UINT8 || side.type() == DType.FLOAT32)
        .filter(side -> request.input(side.port()).withDType(request.output().dtype()).equals(request.output()));
  }

  boolean hasSide() {
    return side.isPresent();
  }

  /** Whether there is a side of bytes. */
  boolean hasBytes() {
    return side.isPresent() && side.get().type() == DType.UINT8;
  }

  boolean givesBytes() {
    return rounding.isPresent();
  }

  /** Those in front of the sizes: an offset for each channel, where there are any. */
  String channelParameters() {
    return "const int4* factors, " + (hasOffset ? "const float* offset, " : "");
  }

  /** Those in front of the output: {@code side}, numbers {@code k0}, {@code k1}, ..., and those of the rounding. */
  String parameters() {
    StringBuilder text = new StringBuilder();
    side.ifPresent(own -> text.append("const ").append(CudaTypes.name(own.type())).append("* side, "));
    for (int i = 0; i < constants.size(); i++) {
      text.append("const float k").append(i).append(", ");
    }
    return text
        .append(rounding.isPresent() ? "const float low, const float high, const unsigned zero, unsigned char* out" : "float* out")
        .toString();
  }

  List<Launch.Parameter> arguments() {
    List<Launch.Parameter> arguments = new ArrayList<>();
    side.ifPresent(own -> arguments.add(new Launch.Parameter.Input(own.port())));
    constants.forEach(value -> arguments.add(number(value)));
    rounding.ifPresent(own -> {
      arguments.add(number(own.lowest() - own.zeroPoint()));
      arguments.add(number(own.highest() - own.zeroPoint()));
      arguments.add(new Launch.Parameter.Number(own.zeroPoint()));
    });
    arguments.add(new Launch.Parameter.Output(0));
    return arguments;
  }

  private static Launch.Parameter number(float value) {
    return new Launch.Parameter.Number(Integer.toUnsignedLong(Float.floatToRawIntBits(value)));
  }

  /** Sets {@code first[4]}, where sums of {@code channel} and the next ones start. */
  String starts() {
    return """
        const int4 low2 = factors[channel / 2], high2 = factors[channel / 2 + 1];
        const int first[4] = {low2.x%1$s, low2.z%1$s, high2.x%1$s, high2.z%1$s};
        """.formatted(isSmall ? " + MIDDLE_BITS" : "");
  }

  /**
   * Sets {@code factor[4]} and {@code shift} for {@code channel} and the next ones, and {@code mask}, what of four bytes
   * are results.
   */
  String channels() {
    return """
        const int4 low2 = factors[channel / 2], high2 = factors[channel / 2 + 1];
        const float factor[4] = {
            __int_as_float(low2.y), __int_as_float(low2.w), __int_as_float(high2.y), __int_as_float(high2.w)};
        %sconst unsigned mask = %s;
        """.formatted(
            hasOffset ? "const Pack<float, 4> shift = *(const Pack<float, 4>*) (offset + channel);\n" : "",
            isFull ? "~0u" : "valid >= channel + 4 ? ~0u : valid <= channel ? 0u : (1u << (valid - channel) * 8) - 1");
  }

  /**
   * Sets {@code float result[4]} from sums of products, and of {@code float beside[4]}.
   *
   * @param sum the expression of that of result {@code e}
   */
  String results(String sum) {
    String value = (isSmall ? "ofMiddle(" : "(float) (") + sum + ")";
    String line = hasOffset ? "fmaf(" + value + ", factor[e], shift.v[e])" : value + " * factor[e]";
    return "float result[4];\n#pragma unroll\nfor (int e = 0; e < 4; e++) result[e] = " + line + ";\n" + apply();
  }

  /** The rounded results as four bytes, zeros behind the valid channels. */
  String bytes() {
    boolean isCentered = rounding.filter(own -> own.zeroPoint() == 0).isPresent();
    return "rounded(result, low, high, " + (isCentered ? "0" : "zero") + ")" + (isFull ? "" : " & mask");
  }

  private String apply() {
    if (Expressions.isInput(expression, FusedGroup.RESULT)) {
      return "";
    }
    StringBuilder text = new StringBuilder("#pragma unroll\nfor (int e = 0; e < 4; e++) {\n");
    String value = new ExpressionSource(text, "  ", ByteEpilogue::input).write(expression);
    return text.append("  result[e] = ").append(value).append(";\n}\n").toString();
  }

  private static String input(int port) {
    if (port == FusedGroup.RESULT) {
      return "result[e]";
    }
    return port < 0 ? "k" + (FusedGroup.RESULT - port - 1) : "beside[e]";
  }
}
