package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow.Link;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
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
import java.util.List;
import java.util.Optional;

/** Slices of an axis, chosen by indices of any shape, which takes the place of the axis. */
public record Gather(long axis) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INDEX = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("Gather")
      .since(13)
      .input("data", T)
      .input("indices", INDEX)
      .output("output", T)
      .attribute("axis", 0)
      .create(attributes -> new Gather(attributes.integer("axis", 0)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.selection(in, out);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape data = in.tensor(0).shape();
    Shape indices = in.tensor(1).shape();
    if (!data.ranked() || !indices.ranked()) {
      return List.of(TensorType.of(in.tensor(0).dtype(), Shape.UNRANKED));
    }
    int along = Axes.normalize(axis, data.rank());
    Shape shape = data.slice(0, along).concat(indices).concat(data.slice(along + 1, data.rank()));
    return List.of(TensorType.of(in.tensor(0).dtype(), shape));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Optional<DimVector> data = in.dims(0);
    Optional<long[]> indices = in.integers(1);
    if (data.isEmpty() || indices.isEmpty()) {
      return Optional.empty();
    }
    List<Dim> values = new ArrayList<>();
    for (long index : indices.get()) {
      values.add(data.get().values().get(Axes.normalize(index, data.get().values().size())));
    }
    return Optional.of(new DimVector(values, in.tensor(1).shape().rank() == 0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    int along = Axes.normalize(axis, x.rank());
    long size = x.dim(along);
    long inner = x.shape().slice(along + 1, x.rank()).elementCount();
    long outer = x.shape().slice(0, along).elementCount();
    long[] indices = Indices.normalize(ctx.input(1), size);
    for (long o = 0; o < outer; o++) {
      for (int i = 0; i < indices.length; i++) {
        ElementCopy.copy(x, (o * size + indices[i]) * inner, y, (o * indices.length + i) * inner, inner);
      }
    }
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    Shape data = in.get(0).shape();
    Shape indices = in.get(1).shape();
    if (!data.ranked() || !indices.ranked()) {
      return new AxisFlow.Opaque("an input of unknown rank");
    }
    int along = Axes.normalize(axis, data.rank());
    List<Link> links = new ArrayList<>();
    for (int i = 0; i < data.rank(); i++) {
      if (i != along) {
        links.add(Link.of(0, i, 0, i < along ? i : i + indices.rank() - 1));
      }
    }
    for (int i = 0; i < indices.rank(); i++) {
      links.add(Link.of(1, i, 0, along + i));
    }
    return new AxisFlow.Links(links);
  }
}
