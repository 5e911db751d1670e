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
 * The matrix product of quantised numbers, quantised: scales and zero points are one for all, for each row of a, for
 * each column of b. The sum of products is exact; its scaling is in double precision.
 */
public record QLinearMatMul() implements Op {
  private static final TypeConstraint TS =
      TypeConstraint.of("TS", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
  private static final TypeConstraint T1 = constraint("T1");
  private static final TypeConstraint T2 = constraint("T2");
  private static final TypeConstraint T3 = constraint("T3");
  static final OpDefinition DEFINITION = OpSchema.named("QLinearMatMul")
      .since(21)
      .input("a", T1)
      .input("a_scale", TS)
      .input("a_zero_point", T1)
      .input("b", T2)
      .input("b_scale", TS)
      .input("b_zero_point", T2)
      .input("y_scale", TS)
      .input("y_zero_point", T3)
      .output("y", T3)
      .create(attributes -> new QLinearMatMul());

  private static TypeConstraint constraint(String name) {
    return TypeConstraint.of(
        name,
        DType.INT8,
        DType.UINT8,
        DType.FLOAT8E4M3FN,
        DType.FLOAT8E4M3FNUZ,
        DType.FLOAT8E5M2,
        DType.FLOAT8E5M2FNUZ);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = MatrixProduct.shape(in.tensor(0).shape(), in.tensor(3).shape());
    MatrixProduct.checkPerRow(in, 1, "a_scale", y);
    MatrixProduct.checkPerRow(in, 2, "a_zero_point", in.tensor(0).shape());
    MatrixProduct.checkPerColumn(in, 4, "b_scale", y);
    MatrixProduct.checkPerColumn(in, 5, "b_zero_point", in.tensor(3).shape());
    MatrixProduct.checkPerRow(in, 6, "y_scale", y);
    MatrixProduct.checkPerRow(in, 7, "y_zero_point", y);
    return List.of(TensorType.of(in.tensor(7).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor a = ctx.input(0);
    Tensor b = ctx.input(3);
    Tensor y = ctx.output(0);
    double[] left = centred(a, ctx.input(2), MatrixProduct.perRow(ctx.input(2).shape(), a.shape()));
    double[] right = centred(b, ctx.input(5), MatrixProduct.perColumn(ctx.input(5).shape(), b.shape()));
    double[] sums = MatrixProduct.multiply(left, a.shape(), right, b.shape());
    int[] rows = MatrixProduct.perRow(ctx.input(1).shape(), y.shape());
    int[] columns = MatrixProduct.perColumn(ctx.input(4).shape(), y.shape());
    int[] targets = MatrixProduct.perRow(ctx.input(6).shape(), y.shape());
    for (int i = 0; i < sums.length; i++) {
      double scale = ctx.input(1).getDouble(rows[i]) * ctx.input(4).getDouble(columns[i]);
      long zeroPoint = y.dtype().isInteger() ? ctx.input(7).getLong(targets[i]) : 0;
      Quantization.put(y, i, sums[i] * scale / ctx.input(6).getDouble(targets[i]), zeroPoint, true);
    }
  }

  private static double[] centred(Tensor x, Tensor zeroPoint, int[] indices) {
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] -= zeroPoint.getDouble(indices[i]);
    }
    return values;
  }

  /** Two operations for each multiply-add, and three to scale, round and shift each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape a = in.getFirst().shape();
    Dim k = a.ranked() ? a.dim(-1) : Dim.ONE;
    Dim elements = out.getFirst().shape().elements();
    return Cost.products(elements.times(k), elements.times(3), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return MatrixProduct.axisFlow(in.getFirst().shape(), 3, in.get(3).shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  /** One step: a product of scales in single precision may fall on the other side of a half. */
  @Override
  public Tolerance tolerance(DType dtype) {
    return new Tolerance(0, 1);
  }
}
