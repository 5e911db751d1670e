package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * A sum of bytes of one shape as integer kernels compute it: {@link ByteRounding#round} of {@code fma((float) (a - zero
 * point), aScale, (float) (b - zero point) * bScale)}. The builder makes it from DequantizeLinear, Add and
 * QuantizeLinear.
 *
 * @param aScale steps of the result for one step of a
 */
public record QuantizedAdd(int aZeroPoint, int bZeroPoint, float aScale, float bScale, ByteRounding rounding)
    implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.UINT8);
  static final OpDefinition DEFINITION = ByteRounding.declare(OpSchema.named("slipway", "QuantizedAdd")
          .input("a", T)
          .input("b", T)
          .output("y", T)
          .attribute("a_zero_point", 0)
          .attribute("b_zero_point", 0)
          .requiredAttribute("a_scale", Kind.FLOAT)
          .requiredAttribute("b_scale", Kind.FLOAT))
      .create(attributes -> new QuantizedAdd(
          Math.toIntExact(attributes.integer("a_zero_point", 0)),
          Math.toIntExact(attributes.integer("b_zero_point", 0)),
          attributes.real("a_scale"),
          attributes.real("b_scale"),
          ByteRounding.of(attributes).orElse(ByteRounding.saturating(0))));

  public QuantizedAdd {
    ByteRounding.requireByte("a_zero_point", aZeroPoint);
    ByteRounding.requireByte("b_zero_point", bZeroPoint);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return rounding.addTo(Attributes.of("a_zero_point", aZeroPoint)
        .with("b_zero_point", bZeroPoint)
        .with("a_scale", aScale)
        .with("b_scale", bScale));
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    ShapeCheck.require(in, 1, "b", in.tensor(0).shape());
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor a = ctx.input(0);
    Tensor b = ctx.input(1);
    Tensor y = ctx.output(0);
    for (long i = 0; i < y.elementCount(); i++) {
      y.setLong(i, at((int) a.getLong(i), (int) b.getLong(i)));
    }
  }

  /** The result for two bytes. */
  public int at(int a, int b) {
    return rounding.round(Math.fma((float) (a - aZeroPoint), aScale, (float) (b - bZeroPoint) * bScale));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 3);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
