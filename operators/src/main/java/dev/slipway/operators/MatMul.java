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
import java.util.Optional;

/** The matrix product of numpy: stacks of matrices M×K and K×N, the axes before them broadcast. */
public record MatMul() implements Op {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64, DType.UINT32,
      DType.UINT64);
  static final OpDefinition DEFINITION =
      OpSchema.named("MatMul").since(13).input("A", T).input("B", T).output("Y", T).create(attributes -> new MatMul());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = MatrixProduct.shape(in.tensor(0).shape(), in.tensor(1).shape());
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor a = ctx.input(0);
    Tensor b = ctx.input(1);
    if (a.dtype().isInteger()) {
      ctx.output(0).set(MatrixProduct.multiply(a.toLongs(), a.shape(), b.toLongs(), b.shape()));
    } else {
      ctx.output(0).set(MatrixProduct.multiply(a.toDoubles(), a.shape(), b.toDoubles(), b.shape()));
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
    return new QuantizationRule.Weighted(1, 1, Optional.empty());
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.accumulated(4096) : Tolerance.EXACT;
  }
}
