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

/** Numbers of a normal distribution. */
public record RandomNormal(DType dtype, float mean, float scale, Optional<Float> seed, List<Long> shape) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("RandomNormal")
      .since(22)
      .output("output", T)
      .attribute("dtype", DType.FLOAT32.code())
      .attribute("mean", 0f)
      .attribute("scale", 1f)
      .attribute("seed", Kind.FLOAT)
      .requiredAttribute("shape", Kind.INTS)
      .create(attributes -> new RandomNormal(
          OutputType.find(attributes, "dtype", DType.FLOATS).orElse(DType.FLOAT32),
          attributes.real("mean", 0f),
          attributes.real("scale", 1f),
          Randomness.seed(attributes),
          attributes.integers("shape")));

  public RandomNormal {
    shape = List.copyOf(shape);
    Randomness.shape(shape);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("dtype", dtype)
        .with("mean", mean)
        .with("scale", scale)
        .with("seed", seed)
        .with("shape", shape);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(dtype, Randomness.shape(shape)));
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
