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

/** The plain recurrent network: H = f(X · Wᵀ + H · Rᵀ + biases). */
public record RNN(Recurrence recurrence) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INT32);
  static final OpDefinition DEFINITION = Recurrence.attributes(OpSchema.named("RNN")
          .since(22)
          .input("X", T)
          .input("W", T)
          .input("R", T)
          .optionalInput("B", T)
          .optionalInput("sequence_lens", T1)
          .optionalInput("initial_h", T)
          .optionalOutput("Y", T)
          .optionalOutput("Y_h", T))
      .create(attributes -> new RNN(Recurrence.of(attributes, List.of("Tanh"))));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return recurrence.attributes();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return recurrence.inferTypes(in, 1, 1);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    recurrence.evaluate(ctx, 1, 1, RNN::step);
  }

  private static void step(Recurrence.Weights weights, double[] x, double[][] state) {
    double[] sum = weights.gate(0, x, state[0]);
    for (int i = 0; i < sum.length; i++) {
      state[0][i] = weights.activate(0, sum[i]);
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return recurrence.cost(1, 0, in, out);
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
