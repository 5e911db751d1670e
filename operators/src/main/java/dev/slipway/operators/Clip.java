package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Math.min(Math.max(x, min), max); a bound that is not there does not bind. */
public record Clip() implements Elementwise {
  private static final int MIN = 1;
  private static final int MAX = 2;
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION = OpSchema.named("Clip")
      .since(13)
      .input("input", T)
      .optionalInput("min", T)
      .optionalInput("max", T)
      .output("output", T)
      .create(attributes -> new Clip());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return expression(List.of(true, true, true));
  }

  @Override
  public Expression expression(List<Boolean> present) {
    Expression x = input(0);
    x = present.size() > MIN && present.get(MIN) ? x.max(input(MIN)) : x;
    return present.size() > MAX && present.get(MAX) ? x.min(input(MAX)) : x;
  }

  @Override
  public long apply(DType type, long... x) {
    return type.isUnsigned()
        ? Math.min(Math.max(x[0] + Long.MIN_VALUE, x[1] + Long.MIN_VALUE), x[2] + Long.MIN_VALUE) - Long.MIN_VALUE
        : Math.min(Math.max(x[0], x[1]), x[2]);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    DType type = ctx.input(0).dtype();
    if (type.isFloat()) {
      Elementwise.super.evaluate(ctx);
      return;
    }
    Tensor min = ctx.has(MIN) ? ctx.input(MIN) : bound(type, type.minValue());
    Tensor max = ctx.has(MAX) ? ctx.input(MAX) : bound(type, type.maxValue());
    BroadcastLoop.of(ctx.output(0), List.of(ctx.input(0), min, max)).integers(x -> apply(type, x));
  }

  private static Tensor bound(DType type, long value) {
    Tensor scalar = Tensor.allocate(type);
    scalar.setLong(0, value);
    return scalar;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }
}
