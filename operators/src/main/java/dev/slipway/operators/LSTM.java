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
 * Long short-term memory, gates in the order input, output, forget, cell: C = f · C + i · g(…), H = o · h(C).
 *
 * @param inputForget whether the forget gate is 1 minus the input gate
 */
public record LSTM(Recurrence recurrence, boolean inputForget) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INT32);
  static final OpDefinition DEFINITION = Recurrence.attributes(OpSchema.named("LSTM")
          .since(22)
          .input("X", T)
          .input("W", T)
          .input("R", T)
          .optionalInput("B", T)
          .optionalInput("sequence_lens", T1)
          .optionalInput("initial_h", T)
          .optionalInput("initial_c", T)
          .optionalInput("P", T)
          .optionalOutput("Y", T)
          .optionalOutput("Y_h", T)
          .optionalOutput("Y_c", T))
      .attribute("input_forget", 0)
      .create(attributes -> new LSTM(
          Recurrence.of(attributes, List.of("Sigmoid", "Tanh", "Tanh")), attributes.flag("input_forget")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return recurrence.attributes().with("input_forget", inputForget);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return recurrence.inferTypes(in, 4, 2);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    recurrence.evaluate(ctx, 4, 2, this::step);
  }

  private void step(Recurrence.Weights weights, double[] x, double[][] state) {
    double[] h = state[0];
    double[] c = state[1];
    double[] input = weights.gate(0, x, h);
    double[] output = weights.gate(1, x, h);
    double[] forget = weights.gate(2, x, h);
    double[] cell = weights.gate(3, x, h);
    double[] peepholes = weights.peepholes();
    int hidden = weights.hidden();
    for (int i = 0; i < hidden; i++) {
      double in = weights.activate(0, input[i] + peepholes[i] * c[i]);
      double keep = inputForget ? 1 - in : weights.activate(0, forget[i] + peepholes[2 * hidden + i] * c[i]);
      c[i] = keep * c[i] + in * weights.activate(1, cell[i]);
      h[i] = weights.activate(0, output[i] + peepholes[hidden + i] * c[i]) * weights.activate(2, c[i]);
    }
  }

  /** Beside the gates three operations for the cell state and two for the hidden one. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return recurrence.cost(4, 5, in, out);
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
