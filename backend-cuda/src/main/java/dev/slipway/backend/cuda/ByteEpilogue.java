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
import java.util.stream.IntStream;

/**
 * Writes what becomes of four neighbouring results of a product of bytes. Its numbers are parameters of the kernel, so that
 * layers share their code.
 */
final class ByteEpilogue {
  /** Steps that 16 bits hold together with a zero point and what rounding adds. */
  private static final double SHORT = 32_000;

  private static final int LARGEST_BYTE = 255;
  private static final int TWICE = 0x10001;

  private final Expression expression;
  private final List<Float> constants = new ArrayList<>();
  private final Optional<ByteRounding> rounding;
  private final Optional<Side> side;
  private final Optional<LinearExpression> linear;
  private final boolean isSmall;
  private final boolean isShort;
  private final boolean hasOffset;
  private final boolean isFull;

  /** A tensor like the output, of bytes or float32. */
  private record Side(int port, DType type) {}

  private ByteEpilogue(KernelRequest request, QuantizedGroup group, Optional<Side> side) {
    ByteConstants packing = new ByteConstants(request, group);
    Expression steps = withoutBound(group);
    this.isSmall = packing.hasSmallSums();
    this.hasOffset = packing.hasOffset();
    this.isFull = packing.channels() % ByteConstants.MULTIPLE == 0;
    this.rounding = group.rounding();
    this.side = side;
    this.linear = side.filter(own -> own.type() == DType.UINT8 && rounding.isPresent() && !hasOffset)
        .flatMap(own -> LinearExpression.of(steps, own.port()));
    this.isShort = rounding.isPresent() && largest(packing.largestResult(), steps) < SHORT;
    linear.ifPresent(own -> constants.addAll(List.of((float) own.side(), (float) own.constant())));
    this.expression = linear.isPresent() ? Expression.input(FusedGroup.RESULT) : Expressions.replace(steps, part ->
        part instanceof Expression.Constant(double value) ? Optional.of(constant((float) value)) : Optional.empty());
  }

  /** How far from zero the steps can come. */
  private double largest(double result, Expression steps) {
    if (linear.isPresent()) {
      LinearExpression own = linear.get();
      return result * Math.abs(own.result()) + LARGEST_BYTE * Math.abs(own.side()) + Math.abs(own.constant());
    }
    return Expressions.isInput(steps, FusedGroup.RESULT) ? result : Double.POSITIVE_INFINITY;
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

  /** By which the scales are multiplied. */
  double factor() {
    return linear.map(LinearExpression::result).orElse(1.0);
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
    return "const float4* table, " + (hasOffset ? "const float* offset, " : "");
  }

  /** Those in front of the output: {@code side}, numbers {@code k0}, {@code k1}, ..., and those of the rounding. */
  String parameters() {
    StringBuilder text = new StringBuilder();
    side.ifPresent(own -> text.append("const ").append(CudaTypes.name(own.type())).append("* side, "));
    for (int i = 0; i < constants.size(); i++) {
      text.append("const float k").append(i).append(", ");
    }
    return text
        .append(rounding.isPresent() ? bounds() + "unsigned char* out" : "float* out")
        .toString();
  }

  private String bounds() {
    return "const @ low, const @ high, const unsigned zero, ".replace("@", isShort ? "unsigned" : "float");
  }

  List<Launch.Parameter> arguments() {
    List<Launch.Parameter> arguments = new ArrayList<>();
    side.ifPresent(own -> arguments.add(new Launch.Parameter.Input(own.port())));
    constants.forEach(value -> arguments.add(number(value)));
    rounding.ifPresent(own -> arguments.addAll(isShort ? shortArguments(own) : arguments(own)));
    arguments.add(new Launch.Parameter.Output(0));
    return arguments;
  }

  private static List<Launch.Parameter> arguments(ByteRounding rounding) {
    return List.of(
        number(rounding.lowest() - rounding.zeroPoint()), number(rounding.highest() - rounding.zeroPoint()),
        new Launch.Parameter.Number(rounding.zeroPoint()));
  }

  private static List<Launch.Parameter> shortArguments(ByteRounding rounding) {
    return IntStream.of(rounding.lowest(), rounding.highest(), rounding.zeroPoint())
        .<Launch.Parameter>mapToObj(value -> new Launch.Parameter.Number((long) value * TWICE))
        .toList();
  }

  private static Launch.Parameter number(float value) {
    return new Launch.Parameter.Number(Integer.toUnsignedLong(Float.floatToRawIntBits(value)));
  }

  /**
   * Sets {@code start[4]}, {@code factor[4]} and {@code shift} for {@code channel} and the next ones from the
   * {@code table}, and {@code mask}, what of four bytes are results.
   */
  String channels() {
    return """
        const int entry = channel / 64 * 32 + channel %% 16 / 4 * 8 + channel %% 64 / 16;
        const float4 start4 = table[entry], factor4 = table[entry + 4];
        const float start[4] = {start4.x, start4.y, start4.z, start4.w};
        const float factor[4] = {factor4.x, factor4.y, factor4.z, factor4.w};
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
    String value = isSmall
        ? "__int_as_float(" + sum + " + MIDDLE_BITS) + start[e]"
        : "(float) (" + sum + " + __float_as_int(start[e]))";
    return """
        float result[4];
        #pragma unroll
        for (int e = 0; e < 4; e++) {
          const float whole = %s;
          result[e] = %s;
        }
        """.formatted(value, line()) + apply();
  }

  private String line() {
    if (linear.isPresent()) {
      return "fmaf(whole, factor[e], fmaf(beside[e], k0, k1))";
    }
    return hasOffset ? "fmaf(whole, factor[e], shift.v[e])" : "__fmul_rn(whole, factor[e])";
  }

  /** The rounded results as four bytes, zeros behind the valid channels. */
  String bytes() {
    boolean isCentered = rounding.filter(own -> own.zeroPoint() == 0).isPresent();
    return (isShort ? "roundedShort" : "rounded") + "(result, low, high, " + (isCentered ? "0" : "zero") + ")"
        + (isFull ? "" : " & mask");
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
