package dev.slipway.operators;

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
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** alpha · A · B + beta · C for matrices A of M×K and B of K×N, transposed where told; C broadcasts to M×N. */
public record Gemm(float alpha, float beta, boolean transA, boolean transB) implements Op {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64, DType.UINT32,
      DType.UINT64);
  static final OpDefinition DEFINITION = OpSchema.named("Gemm")
      .since(13)
      .input("A", T)
      .input("B", T)
      .optionalInput("C", T)
      .output("Y", T)
      .attribute("alpha", 1f)
      .attribute("beta", 1f)
      .attribute("transA", 0)
      .attribute("transB", 0)
      .create(attributes -> new Gemm(
          attributes.real("alpha", 1),
          attributes.real("beta", 1),
          attributes.flag("transA"),
          attributes.flag("transB")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("alpha", alpha).with("beta", beta).with("transA", transA).with("transB", transB);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape a = matrix("A", in.tensor(0).shape(), transA);
    Shape b = matrix("B", in.tensor(1).shape(), transB);
    Shape y = MatrixProduct.shape(a, b);
    ShapeCheck.requireBroadcast(in, 2, "C", y);
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  private static Shape matrix(String port, Shape shape, boolean transposed) {
    if (!shape.ranked()) {
      return Shape.of(Dim.symbol("?" + port + ".rows"), Dim.symbol("?" + port + ".columns"));
    }
    if (shape.rank() != 2) {
      throw new InvalidGraphException("shape of " + port + ": " + shape + " (expected: rank 2)");
    }
    return transposed ? Shape.of(shape.dim(1), shape.dim(0)) : shape;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor a = ctx.input(0);
    Tensor b = ctx.input(1);
    Tensor y = ctx.output(0);
    int[] c = ctx.has(2) ? Broadcast.indices(ctx.input(2), y) : new int[0];
    if (a.dtype().isInteger()) {
      long[] product = integerProduct(a, b, y);
      for (int i = 0; i < product.length; i++) {
        long bias = ctx.has(2) ? scaled(ctx.input(2).getLong(c[i]), beta) : 0;
        y.setLong(i, scaled(product[i], alpha) + bias);
      }
      return;
    }
    double[] product = product(a, b, y);
    for (int i = 0; i < product.length; i++) {
      y.setDouble(i, alpha * product[i] + (ctx.has(2) ? beta * ctx.input(2).getDouble(c[i]) : 0));
    }
  }

  private static long scaled(long value, float factor) {
    return factor == 1 ? value : (long) (factor * (double) value);
  }

  /** A · B; B, which may be large, is read a row at a time. */
  private double[] product(Tensor a, Tensor b, Tensor y) {
    double[] left = a.toDoubles();
    int m = (int) y.dim(0);
    int n = (int) y.dim(1);
    int k = (int) a.dim(transA ? 0 : 1);
    double[] product = new double[m * n];
    double[] row = new double[(int) b.dim(1)];
    for (int r = 0; r < b.dim(0); r++) {
      for (int i = 0; i < row.length; i++) {
        row[i] = b.getDouble((long) r * row.length + i);
      }
      for (int i = 0; i < m; i++) {
        if (transB) {
          product[i * n + r] = dot(left, transA ? i : i * k, transA ? m : 1, row);
        } else {
          addScaled(left[transA ? r * m + i : i * k + r], row, product, i * n);
        }
      }
    }
    return product;
  }

  private static double dot(double[] left, int first, int stride, double[] row) {
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      sum += left[first + i * stride] * row[i];
    }
    return sum;
  }

  private static void addScaled(double factor, double[] row, double[] product, int to) {
    for (int i = 0; i < row.length; i++) {
      product[to + i] += factor * row[i];
    }
  }

  private long[] integerProduct(Tensor a, Tensor b, Tensor y) {
    int m = (int) y.dim(0);
    int n = (int) y.dim(1);
    int k = (int) a.dim(transA ? 0 : 1);
    long[] product = new long[m * n];
    for (int row = 0; row < m; row++) {
      for (int i = 0; i < k; i++) {
        long left = a.getLong(transA ? i * m + row : row * k + i);
        for (int column = 0; column < n; column++) {
          product[row * n + column] += left * b.getLong(transB ? column * k + i : i * n + column);
        }
      }
    }
    return product;
  }

  /** Two operations for each multiply-add, one for each element for C, and one for each factor that is not 1. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape y = out.getFirst().shape();
    Dim k = matrix("A", in.getFirst().shape(), transA).dim(1);
    int perElement = (in.size() > 2 ? beta == 1 ? 1 : 2 : 0) + (alpha == 1 ? 0 : 1);
    return Cost.products(y.elements().times(k), y.elements().times(perElement), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    List<AxisFlow.Link> links = new ArrayList<>();
    links.add(AxisFlow.Link.of(0, transA ? 1 : 0, 0, 0));
    links.add(AxisFlow.Link.of(1, transB ? 0 : 1, 0, 1));
    Shape c = in.size() > 2 ? in.get(2).shape() : Shape.UNRANKED;
    if (c.ranked() && c.rank() > 0 && !c.dim(-1).is(1)) {
      links.add(AxisFlow.Link.of(2, c.rank() - 1, 0, 1));
    }
    return new AxisFlow.Links(links);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Weighted(1, transB ? 0 : 1, Optional.of(2));
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.accumulated(4096) : Tolerance.EXACT;
  }
}
