package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Ones on the diagonal {@code k} of a matrix of the input's shape, zeros elsewhere. */
public record EyeLike(Optional<DType> dtype, long k) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.NUMBERS_AND_BOOL);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.NUMBERS_AND_BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("EyeLike")
      .since(22)
      .input("input", T1)
      .output("output", T2)
      .attribute("dtype", Kind.INT)
      .attribute("k", 0)
      .create(attributes -> new EyeLike(
          OutputType.find(attributes, "dtype", DType.NUMBERS_AND_BOOL), attributes.integer("k", 0)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("k", k).with("dtype", dtype);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && x.rank() != 2) {
      throw new InvalidGraphException("input: " + x + " (expected: a matrix)");
    }
    return List.of(OutputType.like(in.tensor(0), dtype));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    for (long row = 0; row < y.dim(0); row++) {
      for (long column = 0; column < y.dim(1); column++) {
        y.setLong(row * y.dim(1) + column, column == row + k ? 1 : 0);
      }
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.movement(List.of(), out);
  }
}
