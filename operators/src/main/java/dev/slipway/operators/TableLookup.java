package dev.slipway.operators;

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
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * The entry of a table of 256 bytes for each byte: any function of one quantised value. The builder makes it from
 * DequantizeLinear, elementwise operators and QuantizeLinear, by evaluating these for all bytes.
 */
public record TableLookup() implements Op {
  /** Entries of a table. */
  public static final int ENTRIES = 256;

  private static final TypeConstraint T = TypeConstraint.of("T", DType.UINT8);
  static final OpDefinition DEFINITION = OpSchema.named("slipway", "TableLookup")
      .input("x", T)
      .input("table", T)
      .output("y", T)
      .create(attributes -> new TableLookup());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    ShapeCheck.require(in, 1, "table", Shape.of(Dim.of(ENTRIES)));
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor table = ctx.input(1);
    Tensor y = ctx.output(0);
    for (long i = 0; i < y.elementCount(); i++) {
      y.setLong(i, table.getLong(x.getLong(i)));
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 1);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
