package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Converts to the element type of the second input, whose values do not matter. */
public record CastLike(boolean saturate, String roundMode) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", Conversion.TYPES);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", Conversion.TYPES);
  static final OpDefinition DEFINITION = OpSchema.named("CastLike")
      .since(25)
      .input("input", T1)
      .input("target_type", T2)
      .output("output", T2)
      .attribute("round_mode", "up")
      .attribute("saturate", 1)
      .create(attributes -> new CastLike(
          attributes.integer("saturate", 1) != 0, attributes.string("round_mode", "up")));

  public CastLike {
    Conversion.RoundMode.of(roundMode);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("round_mode", roundMode).with("saturate", saturate);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(in.tensor(0).withDType(in.tensor(1).dtype()));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    DType to = in.tensor(1).dtype();
    return to.isInteger() && to.bits() >= 32 ? in.dims(0) : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    new Conversion(saturate, Conversion.RoundMode.of(roundMode)).convert(ctx.input(0), ctx.output(0));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in.subList(0, 1), out, 1);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in);
  }
}
