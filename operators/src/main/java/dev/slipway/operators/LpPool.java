package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The p-norm of each window. */
public record LpPool(SpatialWindow window, long p) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      Pooling.attributes(OpSchema.named("LpPool").since(22).input("X", T).output("Y", T))
          .attribute("p", 2)
          .create(attributes -> new LpPool(Pooling.window(attributes), attributes.integer("p", 2)));

  public LpPool {
    if (p < 1) {
      throw new InvalidGraphException("attribute p: " + p + " (expected: >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Pooling.attributes(window).with("p", p);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(Pooling.output(in, window));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Pooling.evaluate(ctx.input(0), ctx.output(0), window, (x, plane, taps, padded) -> {
      double sum = 0;
      for (int tap : taps) {
        sum += Math.pow(Math.abs(x[plane + tap]), p);
      }
      return Math.pow(sum, 1.0 / p);
    });
  }

  /** A power and an addition for each element of a window, and a root. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Pooling.cost(window, in, out, 2, 0);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Pooling.axisFlow();
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(window.kernel().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact));
  }
}
