package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The elements of a sequence one after the other along an axis, which may be a new one. */
public record ConcatFromSequence(long axis, boolean newAxis) implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("ConcatFromSequence")
      .since(11)
      .input("input_sequence", Sequences.S)
      .output("concat_result", Sequences.T)
      .requiredAttribute("axis", Kind.INT)
      .attribute("new_axis", 0)
      .create(attributes -> new ConcatFromSequence(attributes.integer("axis"), attributes.flag("new_axis")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("new_axis", newAxis);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType element = Sequences.elementType(in, 0);
    if (!element.shape().ranked()) {
      return List.of(element);
    }
    Shape shape = Sequences.elementShape(in, element.shape());
    int along = along(shape.rank());
    Dim size = in.freshDim("size");
    Shape result = newAxis
        ? shape.slice(0, along).concat(Shape.of(size)).concat(shape.slice(along, shape.rank()))
        : shape.with(along, size);
    return List.of(element.withShape(result));
  }

  private int along(int rank) {
    return Axes.normalize(axis, newAxis ? rank + 1 : rank);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    List<Tensor> elements = Sequences.tensors(ctx, 0);
    if (elements.isEmpty()) {
      throw new SlipwayException("sequence: no elements (expected: at least one)");
    }
    int along = along(elements.getFirst().rank());
    ctx.set(0, newAxis ? TensorParts.stack(elements, along) : TensorParts.join(elements, along));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.SameScale();
  }
}
