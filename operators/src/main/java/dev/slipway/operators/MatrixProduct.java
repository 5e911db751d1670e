package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Products of stacks of matrices with the semantics of numpy's {@code matmul}: the last two axes are the matrix, those
 * before it broadcast, a vector is a row on the left and a column on the right.
 */
final class MatrixProduct {
  private MatrixProduct() {}

  /** The shape of the product. */
  static Shape shape(Shape a, Shape b) {
    if (!a.ranked() || !b.ranked()) {
      return Shape.UNRANKED;
    }
    if (a.rank() == 0 || b.rank() == 0) {
      throw new InvalidGraphException("shapes: " + a + " and " + b + " (expected: ranks of at least 1)");
    }
    Shape left = asMatrix(a, true);
    Shape right = asMatrix(b, false);
    boolean known = left.dim(-1) instanceof Dim.Known && right.dim(-2) instanceof Dim.Known;
    if (known && !left.dim(-1).equals(right.dim(-2))) {
      throw new InvalidGraphException("shapes: " + a + " and " + b + " (expected: " + left.dim(-1) + " = "
          + right.dim(-2) + ", the length of the rows on the left and of the columns on the right)");
    }
    List<Dim> dims = new ArrayList<>(Broadcast.shape(batch(left), batch(right)).dims());
    if (a.rank() > 1) {
      dims.add(left.dim(-2));
    }
    if (b.rank() > 1) {
      dims.add(right.dim(-1));
    }
    return Shape.of(dims);
  }

  /** The product, in double precision: exact for integers while sums stay below 2^53. */
  static double[] multiply(double[] a, Shape aShape, double[] b, Shape bShape) {
    Plan plan = Plan.of(aShape, bShape);
    double[] y = new double[plan.size()];
    for (int batch = 0; batch < plan.aMatrix.length; batch++) {
      for (int i = 0; i < plan.m; i++) {
        int row = (batch * plan.m + i) * plan.n;
        for (int k = 0; k < plan.k; k++) {
          double left = a[(plan.aMatrix[batch] * plan.m + i) * plan.k + k];
          int right = (plan.bMatrix[batch] * plan.k + k) * plan.n;
          for (int j = 0; j < plan.n; j++) {
            y[row + j] += left * b[right + j];
          }
        }
      }
    }
    return y;
  }

  /** The product modulo 2^64. */
  static long[] multiply(long[] a, Shape aShape, long[] b, Shape bShape) {
    Plan plan = Plan.of(aShape, bShape);
    long[] y = new long[plan.size()];
    for (int batch = 0; batch < plan.aMatrix.length; batch++) {
      for (int i = 0; i < plan.m; i++) {
        int row = (batch * plan.m + i) * plan.n;
        for (int k = 0; k < plan.k; k++) {
          long left = a[(plan.aMatrix[batch] * plan.m + i) * plan.k + k];
          int right = (plan.bMatrix[batch] * plan.k + k) * plan.n;
          for (int j = 0; j < plan.n; j++) {
            y[row + j] += left * b[right + j];
          }
        }
      }
    }
    return y;
  }

  /** Refuses an input that there is not one of for all, or for each row of the matrices. */
  static void checkPerRow(InferenceContext in, int port, String name, Shape matrices) {
    if (in.has(port) && !ShapeCheck.broadcasts(column(in.tensor(port).shape(), matrices), matrices)) {
      throw new InvalidGraphException("shape of " + name + ": " + in.tensor(port).shape()
          + " (expected: one element, or one for each row of " + matrices + ")");
    }
  }

  /** Refuses an input that there is not one of for all, or for each column of the matrices. */
  static void checkPerColumn(InferenceContext in, int port, String name, Shape matrices) {
    ShapeCheck.requireBroadcast(in, port, name, matrices);
  }

  /** For each element of a stack of matrices the index of what there is one of for all, or for each row. */
  static int[] perRow(Shape vector, Shape matrices) {
    return Broadcast.indices(column(vector, matrices), matrices);
  }

  private static Shape column(Shape vector, Shape matrices) {
    boolean column = vector.ranked() && vector.rank() == 1 && !vector.dim(0).is(1)
        && matrices.ranked() && matrices.rank() > 1;
    return column ? Shape.of(vector.dim(0), Dim.ONE) : vector;
  }

  /** For each element of a stack of matrices the index of what there is one of for all, or for each column. */
  static int[] perColumn(Shape vector, Shape matrices) {
    return Broadcast.indices(vector, matrices);
  }

  /** Two operations for each multiply-add. */
  static Cost cost(Shape a, List<TensorType> in, List<TensorType> out) {
    Dim k = a.ranked() ? a.dim(-1) : Dim.ONE;
    return Cost.products(out.getFirst().shape().elements().times(k), Dim.ZERO, in, out);
  }

  /** The rows come from the left operand, the columns from the right one at input {@code right}. */
  static AxisFlow axisFlow(Shape a, int right, Shape b) {
    if (!a.ranked() || !b.ranked()) {
      return new AxisFlow.Opaque("a rank is not known");
    }
    int rank = shape(a, b).rank();
    List<AxisFlow.Link> links = new ArrayList<>();
    int rows = b.rank() > 1 ? rank - 2 : rank - 1;
    if (a.rank() > 1) {
      links.add(AxisFlow.Link.of(0, a.rank() - 2, 0, rows));
    }
    if (b.rank() > 1) {
      links.add(AxisFlow.Link.of(right, b.rank() - 1, 0, rank - 1));
    }
    for (int axis = 0; b.rank() <= 2 && axis < a.rank() - 2; axis++) {
      links.add(AxisFlow.Link.of(0, axis, 0, axis));
    }
    return new AxisFlow.Links(links);
  }

  private static Shape asMatrix(Shape shape, boolean row) {
    if (shape.rank() > 1) {
      return shape;
    }
    return row ? Shape.of(Dim.ONE, shape.dim(0)) : Shape.of(shape.dim(0), Dim.ONE);
  }

  private static Shape batch(Shape matrices) {
    return matrices.slice(0, matrices.rank() - 2);
  }

  /** Sizes, and for each matrix of the result the numbers of its operands. */
  private record Plan(int m, int n, int k, int[] aMatrix, int[] bMatrix) {
    static Plan of(Shape a, Shape b) {
      Shape left = asMatrix(a, true);
      Shape right = asMatrix(b, false);
      Shape batch = Broadcast.shape(batch(left), batch(right));
      int m = Math.toIntExact(left.dim(-2).known().orElseThrow());
      int k = Math.toIntExact(left.dim(-1).known().orElseThrow());
      int n = Math.toIntExact(right.dim(-1).known().orElseThrow());
      return new Plan(m, n, k, Broadcast.indices(batch(left), batch), Broadcast.indices(batch(right), batch));
    }

    int size() {
      return Math.multiplyExact(Math.multiplyExact(aMatrix.length, m), n);
    }
  }
}
