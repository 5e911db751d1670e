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
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** (A - zero point) · (B - zero point) in int32; zero points one for all, for each row of A, for each column of B. */
public record MatMulInteger() implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INT8, DType.UINT8);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INT8, DType.UINT8);
  private static final TypeConstraint T3 = TypeConstraint.of("T3", DType.INT32);
  static final OpDefinition DEFINITION = OpSchema.named("MatMulInteger")
      .since(10)
      .input("A", T1)
      .input("B", T2)
      .optionalInput("a_zero_point", T1)
      .optionalInput("b_zero_point", T2)
      .output("Y", T3)
      .create(attributes -> new MatMulInteger());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = MatrixProduct.shape(in.tensor(0).shape(), in.tensor(1).shape());
    MatrixProduct.checkPerRow(in, 2, "a_zero_point", in.tensor(0).shape());
    MatrixProduct.checkPerColumn(in, 3, "b_zero_point", in.tensor(1).shape());
    return List.of(TensorType.of(DType.INT32, y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor a = ctx.input(0);
    Tensor b = ctx.input(1);
    long[] left = a.toLongs();
    long[] right = b.toLongs();
    if (ctx.has(2)) {
      subtract(left, ctx.input(2), MatrixProduct.perRow(ctx.input(2).shape(), a.shape()));
    }
    if (ctx.has(3)) {
      subtract(right, ctx.input(3), MatrixProduct.perColumn(ctx.input(3).shape(), b.shape()));
    }
    ctx.output(0).set(MatrixProduct.multiply(left, a.shape(), right, b.shape()));
  }

  private static void subtract(long[] values, Tensor zeroPoint, int[] indices) {
    for (int i = 0; i < values.length; i++) {
      values[i] -= zeroPoint.getLong(indices[i]);
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return MatrixProduct.cost(in.getFirst().shape(), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return MatrixProduct.axisFlow(in.getFirst().shape(), 1, in.get(1).shape());
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
