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

/** Numbers between low and high, evenly distributed, in the shape of the input and of its type where none is given. */
public record RandomUniformLike(Optional<DType> dtype, float low, float high, Optional<Float> seed) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.ALL);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("RandomUniformLike")
      .since(22)
      .input("input", T1)
      .output("output", T2)
      .attribute("dtype", Kind.INT)
      .attribute("low", 0f)
      .attribute("high", 1f)
      .attribute("seed", Kind.FLOAT)
      .create(attributes -> new RandomUniformLike(
          OutputType.find(attributes, "dtype", DType.FLOATS),
          attributes.real("low", 0f),
          attributes.real("high", 1f),
          Randomness.seed(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("low", low).with("high", high).with("dtype", dtype).with("seed", seed);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(OutputType.like(in.tensor(0), dtype));
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
