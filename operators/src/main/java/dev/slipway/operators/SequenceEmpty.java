package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;

/** A sequence of tensors that has no elements yet. */
public record SequenceEmpty(DType dtype) implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("SequenceEmpty")
      .since(11)
      .output("output", Sequences.S)
      .attribute("dtype", Kind.INT)
      .create(attributes -> new SequenceEmpty(attributes.has("dtype") ? attributes.dtype("dtype") : DType.FLOAT32));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("dtype", dtype);
  }

  private ValueType.SequenceType type() {
    return new ValueType.SequenceType(TensorType.of(dtype, Shape.UNRANKED));
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    return List.of(type());
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.set(0, new Datum.Sequence(type(), List.of()));
  }
}
