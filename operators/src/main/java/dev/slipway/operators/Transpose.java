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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The axes in another order; reversed where none is given. */
public record Transpose(List<Long> perm) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("Transpose")
      .since(25)
      .input("data", T)
      .output("transposed", T)
      .attribute("perm", Kind.INTS)
      .create(attributes -> new Transpose(attributes.integers("perm", List.of())));

  public Transpose {
    perm = List.copyOf(perm);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return perm.isEmpty() ? Attributes.NONE : Attributes.of("perm", perm);
  }

  /** For each output axis the input axis that it is. */
  public int[] order(int rank) {
    if (perm.isEmpty()) {
      return IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
    }
    if (perm.size() != rank) {
      throw new InvalidGraphException("attribute perm: " + perm + " (expected: " + rank + " axes)");
    }
    return Axes.normalize(perm.stream().mapToLong(Long::longValue).toArray(), rank);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    if (!shape.ranked()) {
      return List.of(TensorType.of(
          in.tensor(0).dtype(), perm.isEmpty() ? Shape.UNRANKED : ShapeInput.fresh(in, perm.size())));
    }
    List<Dim> dims = Arrays.stream(order(shape.rank())).mapToObj(shape::dim).toList();
    return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(dims)));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return in.dims(0);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    StridedView.of(x).transpose(order(x.rank())).copyTo(StridedView.of(ctx.output(0)));
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    Shape shape = in.getFirst().shape();
    if (!shape.ranked()) {
      return new AxisFlow.Opaque("an input of unknown rank");
    }
    int[] order = order(shape.rank());
    return new AxisFlow.Links(
        IntStream.range(0, order.length).mapToObj(axis -> Link.of(0, order[axis], 0, axis)).toList());
  }
}
