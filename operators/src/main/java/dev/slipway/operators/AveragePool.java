package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * The mean of each window. Padding counts as zeros where {@code countIncludePad}; what a window of ceil mode covers
 * beyond the padding never counts.
 */
public record AveragePool(SpatialWindow window, boolean countIncludePad) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      Pooling.attributes(OpSchema.named("AveragePool").since(22).input("X", T).output("Y", T))
          .attribute("count_include_pad", 0)
          .create(attributes -> new AveragePool(Pooling.window(attributes), attributes.flag("count_include_pad")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Pooling.attributes(window).with("count_include_pad", countIncludePad);
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
        sum += x[plane + tap];
      }
      return sum / (countIncludePad ? padded : taps.length);
    });
  }

  /** One addition for each element of a window but the first, and a division. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Pooling.cost(window, in, out, 1, 0);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Pooling.axisFlow();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(window.kernel().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact));
  }
}
