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
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Of boxes that overlap, the one with the highest score: for each batch and class up to a number of boxes, best first,
 * as rows (batch, class, box).
 *
 * @param centred whether boxes are (centre x, centre y, width, height) instead of two opposite corners (y, x, y, x)
 */
public record NonMaxSuppression(boolean centred) implements Op {
  private static final TypeConstraint FLOAT = TypeConstraint.of("T", DType.FLOAT32);
  private static final TypeConstraint INT64 = TypeConstraint.of("I", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("NonMaxSuppression")
      .since(11)
      .input("boxes", FLOAT)
      .input("scores", FLOAT)
      .optionalInput("max_output_boxes_per_class", INT64)
      .optionalInput("iou_threshold", FLOAT)
      .optionalInput("score_threshold", FLOAT)
      .output("selected_indices", INT64)
      .attribute("center_point_box", 0)
      .create(attributes -> new NonMaxSuppression(attributes.flag("center_point_box")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("center_point_box", centred);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    requireRank("boxes", in.tensor(0).shape());
    requireRank("scores", in.tensor(1).shape());
    return List.of(TensorType.of(DType.INT64, Shape.of(in.freshDim("count"), Dim.of(3))));
  }

  private static void requireRank(String name, Shape shape) {
    if (shape.ranked() && shape.rank() != 3) {
      throw new InvalidGraphException(name + ": " + shape + " (expected: 3 axes)");
    }
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor scores = ctx.input(1);
    long most = ctx.has(2) ? ctx.input(2).getLong(0) : 0;
    double overlap = ctx.has(3) ? ctx.input(3).getDouble(0) : 0;
    double least = ctx.has(4) ? ctx.input(4).getDouble(0) : Double.NEGATIVE_INFINITY;
    if (ctx.input(0).dim(1) != scores.dim(2) || ctx.input(0).dim(2) != 4 || ctx.input(0).dim(0) != scores.dim(0)) {
      throw new SlipwayException("shapes: boxes " + ctx.shape(0) + ", scores " + ctx.shape(1)
          + " (expected: [batches, boxes, 4] and [batches, classes, boxes])");
    }
    List<long[]> selected = new ArrayList<>();
    for (long batch = 0; batch < scores.dim(0); batch++) {
      double[][] boxes = boxes(ctx.input(0), batch);
      for (long c = 0; c < scores.dim(1); c++) {
        for (int box : select(boxes, scores, batch * scores.dim(1) + c, most, overlap, least)) {
          selected.add(new long[] {batch, c, box});
        }
      }
    }
    ctx.output(0, selected.size(), 3).set(selected.stream().flatMapToLong(Arrays::stream).toArray());
  }

  private static List<Integer> select(
      double[][] boxes, Tensor scores, long row, long most, double overlap, double least) {
    long first = row * boxes.length;
    List<Integer> candidates = IntStream.range(0, boxes.length)
        .filter(box -> scores.getDouble(first + box) > least)
        .boxed()
        .sorted(Comparator.comparingDouble(box -> -scores.getDouble(first + box)))
        .toList();
    List<Integer> selected = new ArrayList<>();
    for (int candidate : candidates) {
      if (selected.size() >= most) {
        break;
      }
      if (selected.stream().noneMatch(better -> overlap(boxes[candidate], boxes[better]) > overlap)) {
        selected.add(candidate);
      }
    }
    return selected;
  }

  /** The boxes of a batch as (lower y, lower x, upper y, upper x). */
  private double[][] boxes(Tensor boxes, long batch) {
    double[][] corners = new double[Math.toIntExact(boxes.dim(1))][];
    for (int i = 0; i < corners.length; i++) {
      long at = (batch * corners.length + i) * 4;
      double a = boxes.getDouble(at);
      double b = boxes.getDouble(at + 1);
      double c = boxes.getDouble(at + 2);
      double d = boxes.getDouble(at + 3);
      corners[i] = centred
          ? new double[] {b - d / 2, a - c / 2, b + d / 2, a + c / 2}
          : new double[] {Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)};
    }
    return corners;
  }

  /** Intersection over union. */
  private static double overlap(double[] a, double[] b) {
    double height = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
    double width = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    if (height <= 0 || width <= 0) {
      return 0;
    }
    double shared = height * width;
    return shared / (area(a) + area(b) - shared);
  }

  private static double area(double[] box) {
    return (box[2] - box[0]) * (box[3] - box[1]);
  }

  /** Twelve operations for each pair of boxes, at worst. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape scores = in.get(1).shape();
    Dim pairs = scores.ranked() ? scores.elements().times(scores.dim(2)) : Dim.ZERO;
    return Cost.of(pairs.times(12), in.subList(0, 2), List.of());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("compares coordinates");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
