package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.ValueType;
import java.util.List;

/** A sequence of the inputs. */
public record SequenceConstruct() implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("SequenceConstruct")
      .since(11)
      .variadicInput("inputs", Sequences.T)
      .output("output_sequence", Sequences.S)
      .create(attributes -> new SequenceConstruct());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    ValueType element = in.type(0);
    for (int port = 1; port < in.inputCount(); port++) {
      element = Subgraphs.merge(in, "element", element, in.type(port));
    }
    return List.of(new ValueType.SequenceType(element));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.set(0, Sequences.of(ctx.inputs(0)));
  }
}
