package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** The input itself: a tensor, a sequence or an optional. */
public record Identity() implements DataMovement {
  private static final TypeConstraint V = new TypeConstraint("V", DType.ALL, false);
  static final OpDefinition DEFINITION =
      OpSchema.named("Identity").since(25).input("input", V).output("output", V).create(attributes -> new Identity());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    return List.of(in.type(0));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return in.dims(0);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    if (ctx.inputDatum(0) instanceof Tensor x) {
      ctx.output(0).copyFrom(x);
    } else {
      ctx.set(0, ctx.inputDatum(0));
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.ZERO;
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Broadcast();
  }
}
