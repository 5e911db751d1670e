package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
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
import java.util.List;

/**
 * The maxima of the bins of regions (batch, x1, y1, x2, y2) of images N×C×H×W, rounded to whole pixels (Girshick 2015).
 *
 * @param pooledShape height and width of the output
 * @param spatialScale from the coordinates of the regions to pixels
 */
public record MaxRoiPool(List<Long> pooledShape, float spatialScale) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("MaxRoiPool")
      .since(22)
      .input("X", T)
      .input("rois", T)
      .output("Y", T)
      .requiredAttribute("pooled_shape", Kind.INTS)
      .attribute("spatial_scale", 1f)
      .create(attributes -> new MaxRoiPool(
          attributes.integers("pooled_shape"), attributes.real("spatial_scale", 1)));

  public MaxRoiPool {
    pooledShape = List.copyOf(pooledShape);
    if (pooledShape.size() != 2 || pooledShape.stream().anyMatch(size -> size < 1)) {
      throw new InvalidGraphException("attribute pooled_shape: " + pooledShape + " (expected: 2 numbers >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("pooled_shape", pooledShape).with("spatial_scale", spatialScale);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = BlockOrder.requireImages(in.tensor(0).shape());
    Shape rois = in.tensor(1).shape();
    Dim count = rois.ranked() ? rois.dim(0) : in.freshDim("rois");
    Dim channels = x.ranked() ? x.dim(1) : in.freshDim("channels");
    Shape y = Shape.of(count, channels, Dim.of(pooledShape.get(0)), Dim.of(pooledShape.get(1)));
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor rois = ctx.input(1);
    Tensor y = ctx.output(0);
    long rows = pooledShape.get(0);
    long columns = pooledShape.get(1);
    for (long i = 0; i < y.elementCount(); i++) {
      long roi = i / (x.dim(1) * rows * columns);
      long image = Indices.normalize(rois.getLong(roi * 5), x.dim(0)) * x.dim(1) + i / (rows * columns) % x.dim(1);
      long[] across = bin(rois.getDouble(roi * 5 + 1), rois.getDouble(roi * 5 + 3), i % columns, columns, x.dim(3));
      long[] down =
          bin(rois.getDouble(roi * 5 + 2), rois.getDouble(roi * 5 + 4), i / columns % rows, rows, x.dim(2));
      y.setDouble(i, max(x, image, down, across));
    }
  }

  /** The first pixel of a bin and the one behind its last. */
  private long[] bin(double start, double end, long bin, long bins, long size) {
    long first = Math.round(start * spatialScale);
    double extent = (double) Math.max(Math.round(end * spatialScale) - first + 1, 1) / bins;
    long from = first + (long) Math.floor(bin * extent);
    long to = first + (long) Math.ceil((bin + 1) * extent);
    return new long[] {Math.max(0, Math.min(size, from)), Math.max(0, Math.min(size, to))};
  }

  private static double max(Tensor x, long image, long[] down, long[] across) {
    if (down[0] >= down[1] || across[0] >= across[1]) {
      return 0;
    }
    double max = Double.NEGATIVE_INFINITY;
    for (long row = down[0]; row < down[1]; row++) {
      for (long column = across[0]; column < across[1]; column++) {
        max = Math.max(max, x.getDouble((image * x.dim(2) + row) * x.dim(3) + column));
      }
    }
    return max;
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Links(List.of(Link.of(0, 1, 0, 1), Link.of(1, 0, 0, 0)));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("takes coordinates");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
