package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** The determinants of square matrices, which the last two axes hold. */
public record Det() implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Det").since(22).input("X", T).output("Y", T).create(attributes -> new Det());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return List.of(in.tensor(0));
    }
    boolean square = x.rank() >= 2
        && (x.dim(-1).equals(x.dim(-2)) || x.dim(-1).known().isEmpty() || x.dim(-2).known().isEmpty());
    if (!square) {
      throw new InvalidGraphException("X: " + x + " (expected: square matrices in the last two axes)");
    }
    return List.of(in.tensor(0).withShape(x.slice(0, x.rank() - 2)));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    int n = Math.toIntExact(x.dim(-1));
    double[] all = x.toDoubles();
    for (int i = 0; i < y.elementCount(); i++) {
      y.setDouble(i, determinant(Arrays.copyOfRange(all, i * n * n, (i + 1) * n * n), n));
    }
  }

  /** Gaussian elimination with the largest pivot of each column; overwrites the matrix. */
  private static double determinant(double[] a, int n) {
    double product = 1;
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column + 1; row < n; row++) {
        pivot = Math.abs(a[row * n + column]) > Math.abs(a[pivot * n + column]) ? row : pivot;
      }
      if (a[pivot * n + column] == 0) {
        return 0;
      }
      if (pivot != column) {
        swap(a, n, pivot, column);
        product = -product;
      }
      product *= a[column * n + column];
      for (int row = column + 1; row < n; row++) {
        double factor = a[row * n + column] / a[column * n + column];
        for (int i = column; i < n; i++) {
          a[row * n + i] -= factor * a[column * n + i];
        }
      }
    }
    return product;
  }

  private static void swap(double[] a, int n, int rowA, int rowB) {
    for (int i = 0; i < n; i++) {
      double value = a[rowA * n + i];
      a[rowA * n + i] = a[rowB * n + i];
      a[rowB * n + i] = value;
    }
  }

  /** Two thirds of n^3 operations for each matrix. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    return Cost.of(x.ranked() ? x.elements().times(x.dim(-1)).times(2).floorDiv(3) : Dim.ZERO, in, out);
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
