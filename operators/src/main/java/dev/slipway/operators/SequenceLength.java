package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The number of elements of a sequence. */
public record SequenceLength() implements DataMovement {
  private static final TypeConstraint INT64 = TypeConstraint.of("I", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("SequenceLength")
      .since(11)
      .input("input_sequence", Sequences.S)
      .output("length", INT64)
      .create(attributes -> new SequenceLength());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Sequences.type(in, 0);
    return List.of(TensorType.of(DType.INT64));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.output(0).setLong(0, Sequences.input(ctx, 0).elements().size());
  }
}
