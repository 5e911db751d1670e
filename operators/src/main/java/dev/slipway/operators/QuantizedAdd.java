package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/**
 * A sum of bytes of one shape as integer kernels compute it: {@link ByteRounding#round} of {@code fma((float) (a - zero
 * point), aScale, (float) (b - zero point) * bScale)}. The builder makes it from DequantizeLinear, Add and
 * QuantizeLinear.
 *
 * @param aScale steps of the result for one step of a
 */
public record QuantizedAdd(int aZeroPoint, int bZeroPoint, float aScale, float bScale, ByteRounding rounding)
    implements BytePair {
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
  public int at(int a, int b) {
    return rounding.round(Math.fma((float) (a - aZeroPoint), aScale, (float) (b - bZeroPoint) * bScale));
  }
}
