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
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Inputs one after the other along an axis. */
public record Concat(long axis) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("Concat")
      .since(13)
      .variadicInput("inputs", T)
      .output("concat_result", T)
      .requiredAttribute("axis", Kind.INT)
      .create(attributes -> new Concat(attributes.integer("axis")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    List<Shape> shapes = new ArrayList<>(in.inputCount());
    for (TensorType type : in.tensors()) {
      shapes.add(type.shape());
    }
    return List.of(TensorType.of(in.tensor(0).dtype(), shape(in, shapes)));
  }

  private Shape shape(InferenceContext in, List<Shape> shapes) {
    int rank = -1;
    boolean complete = true;
    for (Shape shape : shapes) {
      complete &= shape.ranked();
      rank = rank < 0 && shape.ranked() ? shape.rank() : rank;
    }
    if (rank < 0) {
      return Shape.UNRANKED;
    }
    if (!complete) {
      return ShapeInput.fresh(in, rank);
    }
    int along = Axes.normalize(axis, rank);
    List<Dim> dims = new ArrayList<>(shapes.getFirst().dims());
    for (Shape shape : shapes.subList(1, shapes.size())) {
      if (shape.rank() != rank) {
        throw mismatch(shapes);
      }
      for (int i = 0; i < rank; i++) {
        dims.set(i, i == along ? dims.get(i).plus(shape.dim(i)) : same(dims.get(i), shape.dim(i), shapes));
      }
    }
    return Shape.of(dims);
  }

  private Dim same(Dim a, Dim b, List<Shape> shapes) {
    if (a instanceof Dim.Known && b instanceof Dim.Known && !a.equals(b)) {
      throw mismatch(shapes);
    }
    return b instanceof Dim.Known ? b : a;
  }

  private InvalidGraphException mismatch(List<Shape> shapes) {
    return new InvalidGraphException("shapes: " + shapes + " (expected: equal but for axis " + axis + ")");
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    List<Dim> values = new ArrayList<>();
    for (int port = 0; port < in.inputCount(); port++) {
      Optional<DimVector> part = in.dims(port);
      if (part.isEmpty()) {
        return Optional.empty();
      }
      values.addAll(part.get().values());
    }
    return Optional.of(DimVector.of(values));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    int along = Axes.normalize(axis, y.rank());
    long start = 0;
    for (int port = 0; port < ctx.inputCount(); port++) {
      Tensor x = ctx.input(port);
      StridedView.of(x).copyTo(StridedView.of(y).slice(along, start, 1, x.dim(along)));
      start += x.dim(along);
    }
  }

  /** Every axis of every input; along the axis as far as the sizes before it are known. */
  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    if (!in.stream().allMatch(type -> type.shape().ranked())) {
      return new AxisFlow.Opaque("an input of unknown rank");
    }
    List<Link> links = new ArrayList<>();
    Dim start = Dim.ZERO;
    for (int port = 0; port < in.size(); port++) {
      Shape shape = in.get(port).shape();
      int along = Axes.normalize(axis, shape.rank());
      for (int i = 0; i < shape.rank(); i++) {
        if (i != along) {
          links.add(Link.of(port, i, 0, i));
        } else if (start instanceof Dim.Known(long offset)) {
          links.add(new Link(port, i, 0, i, offset));
        }
      }
      start = start.plus(shape.dim(along));
    }
    return new AxisFlow.Links(links);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.SameScale();
  }
}
