package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Numbers of a normal distribution, in the shape of the input and of its type where none is given. */
public record RandomNormalLike(Optional<DType> dtype, float mean, float scale, Optional<Float> seed) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.ALL);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("RandomNormalLike")
      .since(22)
      .input("input", T1)
      .output("output", T2)
      .attribute("dtype", Kind.INT)
      .attribute("mean", 0f)
      .attribute("scale", 1f)
      .attribute("seed", Kind.FLOAT)
      .create(attributes -> new RandomNormalLike(
          OutputType.find(attributes, "dtype", DType.FLOATS),
          attributes.real("mean", 0f),
          attributes.real("scale", 1f),
          Randomness.seed(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("mean", mean).with("scale", scale).with("dtype", dtype).with("seed", seed);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(OutputType.like(in.tensor(0), dtype));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    RandomGenerator random = Randomness.of(seed, ctx);
    Randomness.fill(ctx.output(0), () -> random.nextGaussian(mean, scale));
  }

  @Override
  public boolean isDeterministic() {
    return false;
  }
}
