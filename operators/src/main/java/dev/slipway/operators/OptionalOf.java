package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** ONNX {@code Optional}: the input, or a value of a given type that is absent. */
public record OptionalOf(Optional<ValueType> type) implements DataMovement {
  private static final TypeConstraint V = new TypeConstraint("V", DType.ALL, false);
  private static final TypeConstraint O = new TypeConstraint("O", DType.ALL, false);
  static final OpDefinition DEFINITION = OpSchema.named("Optional")
      .since(15)
      .optionalInput("input", V)
      .output("output", O)
      .attribute("type", Kind.TYPE)
      .create(attributes -> new OptionalOf(attributes.find("type", ValueType.class)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.NONE.with("type", type);
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    ValueType element = in.has(0)
        ? in.type(0)
        : type.orElseThrow(() -> new InvalidGraphException(
            "attribute type: missing (expected: one, as the input is absent)"));
    return List.of(new ValueType.OptionalType(element));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Optional<Datum> value = ctx.has(0) ? Optional.of(ctx.inputDatum(0)) : Optional.empty();
    ValueType element = value.map(Datum::type).or(() -> type).orElseThrow();
    ctx.set(0, new Datum.Maybe(new ValueType.OptionalType(element), value));
  }
}
