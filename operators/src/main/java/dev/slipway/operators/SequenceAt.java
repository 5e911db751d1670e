package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** One element of a sequence; negative positions count from the end. */
public record SequenceAt() implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("SequenceAt")
      .since(11)
      .input("input_sequence", Sequences.S)
      .input("position", Sequences.I)
      .output("tensor", Sequences.T)
      .create(attributes -> new SequenceAt());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType element = Sequences.elementType(in, 0);
    return List.of(element.withShape(Sequences.elementShape(in, element.shape())));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    List<Datum> elements = Sequences.input(ctx, 0).elements();
    ctx.set(0, elements.get(Sequences.position(ctx, 1, elements.size(), 0)));
  }
}
