package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Parts of a tensor along an axis: of given sizes, or as many as there are outputs, the last one smaller where they
 * cannot be equal.
 *
 * @param parts the number of parts; 0 where an input gives the sizes
 */
public record Split(long axis, long parts) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("split", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Split")
      .since(18)
      .input("input", T)
      .optionalInput("split", INT64)
      .variadicOutput("outputs", T)
      .attribute("axis", 0)
      .attribute("num_outputs", Kind.INT)
      .create(attributes -> new Split(attributes.integer("axis", 0), attributes.integer("num_outputs", 0)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = Attributes.of("axis", axis);
    return parts == 0 ? attributes : attributes.with("num_outputs", parts);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    DType dtype = in.tensor(0).dtype();
    if (!shape.ranked()) {
      return Collections.nCopies(in.outputCount(), TensorType.of(dtype, Shape.UNRANKED));
    }
    int along = Axes.normalize(axis, shape.rank());
    return sizes(in, shape.dim(along)).stream()
        .map(size -> TensorType.of(dtype, shape.with(along, size)))
        .toList();
  }

  private List<Dim> sizes(InferenceContext in, Dim total) {
    return in.has(1) ? given(in, total) : equal(total, parts == 0 ? in.outputCount() : parts, in.outputCount());
  }

  private static List<Dim> given(InferenceContext in, Dim total) {
    Optional<long[]> known = ShapeInput.integers(in, 1);
    List<Dim> sizes = known.isPresent()
        ? Arrays.stream(known.get()).mapToObj(Dim::of).toList()
        : in.dims(1).map(DimVector::values).orElseGet(() -> fresh(in));
    Dim sum = sizes.stream().reduce(Dim.ZERO, Dim::plus);
    if (sum instanceof Dim.Known && total instanceof Dim.Known && !sum.equals(total)) {
      throw new InvalidGraphException("split: " + sizes + " (expected: a sum of " + total + ")");
    }
    return sizes;
  }

  private static List<Dim> fresh(InferenceContext in) {
    return IntStream.range(0, in.outputCount()).mapToObj(i -> in.freshDim("part" + i)).toList();
  }

  /** The sizes of the parts that are outputs, of {@code count} in all. */
  private static List<Dim> equal(Dim total, long count, int outputs) {
    if (count < 1) {
      throw new InvalidGraphException("attribute num_outputs: " + count + " (expected: >= 1)");
    }
    int made = (int) Math.min(count, outputs);
    Dim exact = total.floorDiv(count);
    if (exact.times(count).equals(total)) {
      return Collections.nCopies(made, exact);
    }
    Dim size = total.ceilDiv(count);
    Dim last = total.minus(size.times(count - 1));
    if (last instanceof Dim.Known(long rest) && rest < 0) {
      throw new InvalidGraphException("axis of " + total + " elements (expected: " + count + " parts of " + size
          + ", the last one smaller)");
    }
    return IntStream.range(0, made).mapToObj(i -> i < count - 1 ? size : last).toList();
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    if (in.dims(0).isEmpty() || shape.rank() != 1) {
      return Optional.empty();
    }
    List<Dim> sizes = sizes(in, shape.dim(0));
    return !sizes.isEmpty() && sizes.getFirst() instanceof Dim.Known(long size)
        ? in.dims(0).map(vector -> DimVector.of(vector.values().subList(0, (int) size)))
        : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    StridedView x = StridedView.of(ctx.input(0));
    int along = Axes.normalize(axis, ctx.input(0).rank());
    long start = 0;
    for (int port = 0; port < ctx.outputCount(); port++) {
      Tensor y = ctx.output(port);
      x.slice(along, start, 1, y.dim(along)).copyTo(StridedView.of(y));
      start += y.dim(along);
    }
  }

  /** Every other axis, to each output. */
  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    Shape shape = in.getFirst().shape();
    if (!shape.ranked() || parts == 0) {
      return new AxisFlow.Opaque("the number of parts is not known");
    }
    int along = Axes.normalize(axis, shape.rank());
    List<Dim> sizes = equal(shape.dim(along), parts, Math.toIntExact(parts));
    List<Link> links = new ArrayList<>();
    Dim start = Dim.ZERO;
    for (int port = 0; port < parts; port++) {
      for (int i = 0; i < shape.rank(); i++) {
        if (i != along) {
          links.add(Link.of(0, i, port, i));
        } else if (start instanceof Dim.Known(long offset)) {
          links.add(new Link(0, i, port, i, -offset));
        }
      }
      start = start.plus(sizes.get(port));
    }
    return new AxisFlow.Links(links);
  }
}
