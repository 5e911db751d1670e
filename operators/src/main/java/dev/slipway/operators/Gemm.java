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
          attributes.real("alpha", 1), attributes.real("beta", 1), attributes.flag("transA"), attributes.flag("transB")));

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
    if (y.ranked() && in.has(2) && in.tensor(2).shape().ranked()) {
      Shape c = in.tensor(2).shape();
      if (c.rank() > 2 || y.isKnown() && c.isKnown() && !Broadcast.shape(c, y).equals(y)) {
        throw new InvalidGraphException("shape of C: " + c + " (expected: one that broadcasts to " + y + ")");
      }
    }
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
    Shape aShape = matrix("A", a.shape(), transA);
    Shape bShape = matrix("B", b.shape(), transB);
    int[] aOrder = order(aShape, transA);
    int[] bOrder = order(bShape, transB);
    int[] c = ctx.has(2) ? Broadcast.indices(ctx.input(2), y) : new int[0];
    if (a.dtype().isInteger()) {
      long[] product =
          MatrixProduct.multiply(permute(a.toLongs(), aOrder), aShape, permute(b.toLongs(), bOrder), bShape);
      for (int i = 0; i < product.length; i++) {
        long scaled = alpha == 1 ? product[i] : (long) (alpha * (double) product[i]);
        y.setLong(i, ctx.has(2) ? scaled + integerBias(ctx.input(2).getLong(c[i])) : scaled);
      }
      return;
    }
    double[] product =
        MatrixProduct.multiply(permute(a.toDoubles(), aOrder), aShape, permute(b.toDoubles(), bOrder), bShape);
    for (int i = 0; i < product.length; i++) {
      y.setDouble(i, alpha * product[i] + (ctx.has(2) ? beta * ctx.input(2).getDouble(c[i]) : 0));
    }
  }

  private long integerBias(long c) {
    return beta == 1 ? c : (long) (beta * (double) c);
  }

  /** For each element of the row-major matrix the index of the element in memory. */
  private static int[] order(Shape matrix, boolean transposed) {
    int rows = Math.toIntExact(matrix.known()[0]);
    int columns = Math.toIntExact(matrix.known()[1]);
    int[] order = new int[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        order[i * columns + j] = transposed ? j * rows + i : i * columns + j;
      }
    }
    return order;
  }

  private static double[] permute(double[] values, int[] order) {
    double[] permuted = new double[order.length];
    for (int i = 0; i < order.length; i++) {
      permuted[i] = values[order[i]];
    }
    return permuted;
  }

  private static long[] permute(long[] values, int[] order) {
    long[] permuted = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      permuted[i] = values[order[i]];
    }
    return permuted;
  }

  /** Two operations for each multiply-add, one for each element for C, and one for each factor that is not 1. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape y = out.getFirst().shape();
    Dim k = matrix("A", in.getFirst().shape(), transA).dim(1);
    int perElement = (in.size() > 2 ? beta == 1 ? 1 : 2 : 0) + (alpha == 1 ? 0 : 1);
    return Cost.of(y.elements().times(k.times(2).plus(perElement)), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    List<AxisFlow.Link> links = new ArrayList<>();
    links.add(AxisFlow.Link.of(0, transA ? 1 : 0, 0, 0));
    links.add(AxisFlow.Link.of(1, transB ? 0 : 1, 0, 1));
    if (in.size() > 2 && in.get(2).shape().ranked() && in.get(2).shape().rank() > 0 && !in.get(2).shape().dim(-1).is(1)) {
      links.add(AxisFlow.Link.of(2, in.get(2).shape().rank() - 1, 0, 1));
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
