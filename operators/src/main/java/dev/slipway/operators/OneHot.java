package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
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
import java.util.List;

/** A new axis on which the element that an index names has one value and the others another. */
public record OneHot(long axis) implements DataMovement {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.NUMBERS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.NUMBERS);
  private static final TypeConstraint T3 = TypeConstraint.of("T3", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("OneHot")
      .since(11)
      .input("indices", T1)
      .input("depth", T2)
      .input("values", T3)
      .output("output", T3)
      .attribute("axis", -1)
      .create(attributes -> new OneHot(attributes.integer("axis", -1)));

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
    Shape indices = in.tensor(0).shape();
    DType dtype = in.tensor(2).dtype();
    if (!indices.ranked()) {
      return List.of(TensorType.of(dtype, Shape.UNRANKED));
    }
    int created = Axes.normalize(axis, indices.rank() + 1);
    Shape shape = indices.slice(0, created)
        .concat(Shape.of(depth(in)))
        .concat(indices.slice(created, indices.rank()));
    return List.of(TensorType.of(dtype, shape));
  }

  private static Dim depth(InferenceContext in) {
    return in.constant(1)
        .map(depth -> Dim.of(depth.getLong(0)))
        .or(() -> in.dims(1).map(vector -> vector.values().getFirst()))
        .orElseGet(() -> in.freshDim("depth"));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor indices = ctx.input(0);
    Tensor y = ctx.output(0);
    int created = Axes.normalize(axis, y.rank());
    long depth = y.dim(created);
    long inner = y.shape().slice(created + 1, y.rank()).elementCount();
    ElementCopy.fill(y, ctx.input(2));
    for (long i = 0; i < indices.elementCount(); i++) {
      long index = indices.getLong(i);
      if (index >= -depth && index < depth) {
        long hot = Math.floorMod(index, depth);
        ElementCopy.copy(ctx.input(2), 1, y, (i / inner * depth + hot) * inner + i % inner);
      }
    }
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("takes indices");
  }
}
