package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/**
 * A product of bytes of one shape, element by element, as integer kernels compute it: {@link ByteRounding#round} of
 * {@code (float) ((a - zero point) * (b - zero point)) * scale}. The builder makes it from DequantizeLinear, Mul and
 * QuantizeLinear.
 *
 * @param scale steps of the result for a product of one step each
 */
public record QuantizedMul(int aZeroPoint, int bZeroPoint, float scale, ByteRounding rounding) implements BytePair {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.UINT8);
  static final OpDefinition DEFINITION = ByteRounding.declare(OpSchema.named("slipway", "QuantizedMul")
          .input("a", T)
          .input("b", T)
          .output("y", T)
          .attribute("a_zero_point", 0)
          .attribute("b_zero_point", 0)
          .requiredAttribute("scale", Kind.FLOAT))
      .create(attributes -> new QuantizedMul(
          Math.toIntExact(attributes.integer("a_zero_point", 0)),
          Math.toIntExact(attributes.integer("b_zero_point", 0)),
          attributes.real("scale"),
          ByteRounding.of(attributes).orElse(ByteRounding.saturating(0))));

  public QuantizedMul {
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
        .with("scale", scale));
  }

  @Override
  public int at(int a, int b) {
    return rounding.round((float) ((a - aZeroPoint) * (b - bZeroPoint)) * scale);
  }
}
