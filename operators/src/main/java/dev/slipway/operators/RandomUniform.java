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

/** Numbers between low and high, evenly distributed. */
public record RandomUniform(DType dtype, float low, float high, Optional<Float> seed, List<Long> shape) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("RandomUniform")
      .since(22)
      .output("output", T)
      .attribute("dtype", DType.FLOAT32.code())
      .attribute("low", 0f)
      .attribute("high", 1f)
      .attribute("seed", Kind.FLOAT)
      .requiredAttribute("shape", Kind.INTS)
      .create(attributes -> new RandomUniform(
          OutputType.find(attributes, "dtype", DType.FLOATS).orElse(DType.FLOAT32),
          attributes.real("low", 0f),
          attributes.real("high", 1f),
          Randomness.seed(attributes),
          attributes.integers("shape")));

  public RandomUniform {
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
        .with("low", low)
        .with("high", high)
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
    Randomness.fill(ctx.output(0), () -> low + (high - low) * random.nextDouble());
  }

  @Override
  public boolean isDeterministic() {
    return false;
  }
}
