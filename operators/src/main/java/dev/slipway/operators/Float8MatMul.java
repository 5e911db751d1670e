package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
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

/**
 * scale · A · Bᵀ of matrices …×M×K and N×K of float8 (E4M3), the scale being the product of those of both. The builder
 * makes it from DequantizeLinear and MatMul or Gemm. Products are exact; how sums are rounded is in docs/numerics.md.
 *
 * @param to float32, float16 or bfloat16
 */
public record Float8MatMul(float scale, DType to) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOAT8E4M3FN);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
  static final OpDefinition DEFINITION = OpSchema.named("slipway", "Float8MatMul")
      .input("a", T1)
      .input("b", T1)
      .output("y", T2)
      .attribute("scale", 1f)
      .requiredAttribute("output_dtype", Kind.INT)
      .create(attributes -> new Float8MatMul(attributes.real("scale", 1), attributes.dtype("output_dtype")));

  /** What tensor cores keep of a sum, relative to the largest: they drop low bits before they add. */
  private static final double SUM_EPSILON = 0x1p-11;

  public Float8MatMul {
    if (!T2.accepts().contains(to)) {
      throw new InvalidGraphException(
          "attribute output_dtype: " + to + " (expected: float32, float16 or bfloat16)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("scale", scale).with("output_dtype", to);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(to, MatrixProduct.shape(in.tensor(0).shape(), transposed(in.tensor(1).shape()))));
  }

  private static Shape transposed(Shape b) {
    if (!b.ranked()) {
      return b;
    }
    if (b.rank() != 2) {
      throw new InvalidGraphException("shape of b: " + b + " (expected: rank 2)");
    }
    return Shape.of(b.dim(1), b.dim(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor b = ctx.input(1);
    int n = Math.toIntExact(b.dim(0));
    int k = Math.toIntExact(b.dim(1));
    double[] columns = b.toDoubles();
    double[] rows = new double[columns.length];
    for (int i = 0; i < columns.length; i++) {
      rows[i % k * n + i / k] = columns[i];
    }
    double[] product = MatrixProduct.multiply(
        ctx.input(0).toDoubles(), ctx.input(0).shape(), rows, transposed(b.shape()));
    Tensor y = ctx.output(0);
    for (int i = 0; i < product.length; i++) {
      y.setDouble(i, scale * product[i]);
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return MatrixProduct.cost(in.getFirst().shape(), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque("a product of float8");
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.epsilons(2 + SUM_EPSILON / dtype.epsilon());
  }
}
