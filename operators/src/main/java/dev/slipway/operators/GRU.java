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
 * Gated recurrent unit, gates in the order update, reset, hidden: H = (1 - z) · h + z · H.
 *
 * @param linearBeforeReset whether the reset gate multiplies the recurrent product rather than the state before it
 */
public record GRU(Recurrence recurrence, boolean linearBeforeReset) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INT32);
  static final OpDefinition DEFINITION = Recurrence.attributes(OpSchema.named("GRU")
          .since(22)
          .input("X", T)
          .input("W", T)
          .input("R", T)
          .optionalInput("B", T)
          .optionalInput("sequence_lens", T1)
          .optionalInput("initial_h", T)
          .optionalOutput("Y", T)
          .optionalOutput("Y_h", T))
      .attribute("linear_before_reset", 0)
      .create(attributes -> new GRU(
          Recurrence.of(attributes, List.of("Sigmoid", "Tanh")), attributes.flag("linear_before_reset")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return recurrence.attributes().with("linear_before_reset", linearBeforeReset);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return recurrence.inferTypes(in, 3, 1);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    recurrence.evaluate(ctx, 3, 1, this::step);
  }

  private void step(Recurrence.Weights weights, double[] x, double[][] state) {
    double[] h = state[0];
    int hidden = weights.hidden();
    double[] update = weights.gate(0, x, h);
    double[] reset = weights.gate(1, x, h);
    double[] resetState = new double[hidden];
    for (int i = 0; i < hidden; i++) {
      reset[i] = weights.activate(0, reset[i]);
      resetState[i] = reset[i] * h[i];
    }
    double[] ofInput = weights.ofInput(2, x);
    double[] ofState = weights.ofState(2, linearBeforeReset ? h : resetState);
    for (int i = 0; i < hidden; i++) {
      double z = weights.activate(0, update[i]);
      double candidate = weights.activate(1, ofInput[i] + (linearBeforeReset ? reset[i] : 1) * ofState[i]);
      h[i] = (1 - z) * candidate + z * h[i];
    }
  }

  /** Beside the gates one operation for the reset and four for the state. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return recurrence.cost(3, 5, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return recurrence.axisFlow();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its state feeds back, so that errors add up over the sequence");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
