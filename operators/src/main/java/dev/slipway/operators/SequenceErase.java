package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/** A sequence without one element, by default the last. */
public record SequenceErase() implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("SequenceErase")
      .since(11)
      .input("input_sequence", Sequences.S)
      .optionalInput("position", Sequences.I)
      .output("output_sequence", Sequences.S)
      .create(attributes -> new SequenceErase());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    return List.of(Sequences.type(in, 0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Datum.Sequence sequence = Sequences.input(ctx, 0);
    int size = sequence.elements().size();
    if (size == 0) {
      throw new SlipwayException("sequence: no elements (expected: at least one, to be erased)");
    }
    List<Datum> left = new ArrayList<>(sequence.elements());
    left.remove(Sequences.position(ctx, 1, size, size - 1));
    ctx.set(0, new Datum.Sequence(sequence.type(), left));
  }
}
