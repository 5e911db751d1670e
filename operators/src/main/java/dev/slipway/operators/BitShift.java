package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** Moves the bits of unsigned integers, with broadcasting; a distance of all bits or more leaves 0. */
public record BitShift(String direction) implements Pointwise {
  private static final TypeConstraint T =
      TypeConstraint.of("T", DType.UINT8, DType.UINT16, DType.UINT32, DType.UINT64);
  static final OpDefinition DEFINITION = OpSchema.named("BitShift")
      .since(11)
      .input("X", T)
      .input("Y", T)
      .output("Z", T)
      .requiredAttribute("direction", Kind.STRING)
      .create(attributes -> new BitShift(attributes.string("direction")));

  public BitShift {
    if (!direction.equals("LEFT") && !direction.equals("RIGHT")) {
      throw new InvalidGraphException("attribute direction: " + direction + " (expected: LEFT or RIGHT)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("direction", direction);
  }

  @Override
  public long apply(DType type, long... x) {
    if (Long.compareUnsigned(x[1], type.bits()) >= 0) {
      return 0;
    }
    return direction.equals("LEFT") ? x[0] << x[1] : x[0] >>> x[1];
  }
}
