package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * Coordinates from -1 to 1 of the pixels of images N×C×…, moved by affine maps N×axes×(axes+1): a grid N×…×axes, the
 * last spatial axis first.
 */
public record AffineGrid(boolean alignCorners) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("AffineGrid")
      .since(20)
      .input("theta", T1)
      .input("size", T2)
      .output("grid", T1)
      .attribute("align_corners", 0)
      .create(attributes -> new AffineGrid(attributes.flag("align_corners")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("align_corners", alignCorners);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape size = ShapeInput.of(in, 1);
    if (!size.ranked()) {
      return List.of(in.tensor(0).withShape(Shape.UNRANKED));
    }
    int rank = size.rank();
    if (rank < 3) {
      throw new InvalidGraphException("size: " + size + " (expected: N, C and spatial sizes)");
    }
    Shape theta = in.tensor(0).shape();
    if (theta.isKnown() && !theta.slice(1, theta.rank()).equals(Shape.of(rank - 2, rank - 1))) {
      throw new InvalidGraphException("theta: " + theta + " (expected: [N, " + (rank - 2) + ", " + (rank - 1) + "])");
    }
    Shape grid = Shape.of(size.dim(0)).concat(size.slice(2, rank)).concat(Shape.of(rank - 2));
    return List.of(TensorType.of(in.tensor(0).dtype(), grid));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor theta = ctx.input(0);
    Tensor grid = ctx.output(0);
    int axes = grid.rank() - 2;
    long[] spatial = Arrays.copyOfRange(grid.dims(), 1, axes + 1);
    long pixels = Shape.product(spatial);
    double[] point = new double[axes + 1];
    point[axes] = 1;
    for (long i = 0; i < grid.dim(0) * pixels; i++) {
      long rest = i % pixels;
      for (int axis = axes - 1; axis >= 0; axis--) {
        point[axes - 1 - axis] = coordinate(rest % spatial[axis], spatial[axis]);
        rest /= spatial[axis];
      }
      for (int row = 0; row < axes; row++) {
        double sum = 0;
        for (int column = 0; column <= axes; column++) {
          sum += theta.getDouble((i / pixels * axes + row) * (axes + 1) + column) * point[column];
        }
        grid.setDouble(i * axes + row, sum);
      }
    }
  }

  private double coordinate(long pixel, long size) {
    if (!alignCorners) {
      return (2.0 * pixel + 1) / size - 1;
    }
    return size == 1 ? -1 : 2.0 * pixel / (size - 1) - 1;
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 8);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("gives coordinates");
  }
}
