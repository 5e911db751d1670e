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

/** A sequence with one more element, by default behind the last. */
public record SequenceInsert() implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("SequenceInsert")
      .since(11)
      .input("input_sequence", Sequences.S)
      .input("tensor", Sequences.T)
      .optionalInput("position", Sequences.I)
      .output("output_sequence", Sequences.S)
      .create(attributes -> new SequenceInsert());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    ValueType element = Subgraphs.merge(in, "element", Sequences.type(in, 0).element(), in.type(1));
    return List.of(new ValueType.SequenceType(element));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    List<Datum> elements = new ArrayList<>(Sequences.input(ctx, 0).elements());
    int size = elements.size();
    long position = ctx.has(2) ? ctx.input(2).getLong(0) : size;
    if (position < -size || position > size) {
      throw new SlipwayException("position: " + position + " (expected: " + -size + " to " + size + ")");
    }
    elements.add((int) (position < 0 ? position + size : position), ctx.input(1));
    ctx.set(0, Sequences.of(elements));
  }
}
