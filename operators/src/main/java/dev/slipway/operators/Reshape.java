package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
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
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The same elements under another shape. In the shape, -1 stands for what is left and 0 for the input's dimension,
 * unless zeros are allowed.
 */
public record Reshape(boolean allowZero) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint SHAPE = TypeConstraint.of("shape", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Reshape")
      .since(25)
      .input("data", T)
      .input("shape", SHAPE)
      .output("reshaped", T)
      .attribute("allowzero", 0)
      .create(attributes -> new Reshape(attributes.flag("allowzero")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("allowzero", allowZero);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(in.tensor(0).dtype(), shape(in)));
  }

  private Shape shape(InferenceContext in) {
    Optional<DimVector> wanted = ShapeInput.dims(in, 1);
    if (wanted.isEmpty()) {
      return ShapeInput.of(in, 1);
    }
    Shape from = in.tensor(0).shape();
    List<Dim> dims = new ArrayList<>();
    int inferred = -1;
    Dim product = Dim.ONE;
    List<Dim> left = new ArrayList<>(from.dims());
    for (int i = 0; i < wanted.get().values().size(); i++) {
      Dim dim = wanted.get().values().get(i);
      if (dim.is(-1)) {
        if (inferred >= 0) {
          throw new InvalidGraphException("shape: " + wanted.get().values() + " (expected: -1 at most once)");
        }
        inferred = i;
        dims.add(Dim.ONE);
        continue;
      }
      if (dim.is(0) && !allowZero) {
        dims.add(from.ranked() ? from.dim(i) : in.freshDim("d" + i));
        if (from.ranked()) {
          left.set(i, Dim.ONE);
        }
        continue;
      }
      dims.add(dim);
      product = product.times(dim);
    }
    if (inferred >= 0) {
      if (product.is(0)) {
        throw new InvalidGraphException("shape: " + wanted.get().values() + " (expected: not both 0 and -1)");
      }
      dims.set(inferred, from.ranked() ? Shape.of(left).elements().floorDiv(product) : in.freshDim("rest"));
    }
    Shape result = Shape.of(dims);
    if (from.isKnown() && result.isKnown() && from.elementCount() != result.elementCount()) {
      throw new InvalidGraphException(
          "shape: " + wanted.get().values() + " (expected: " + from.elementCount() + " elements, as " + from + " has)");
    }
    return result;
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Shape to = shape(in);
    return to.ranked() && to.rank() <= 1
        ? in.dims(0).map(vector -> new DimVector(vector.values(), to.rank() == 0))
        : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.output(0).copyFrom(ctx.input(0));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.ZERO;
  }
}
