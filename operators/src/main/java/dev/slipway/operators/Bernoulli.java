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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** 1 with the probability that the input gives, else 0. */
public record Bernoulli(Optional<DType> dtype, Optional<Float> seed) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.NUMBERS_AND_BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("Bernoulli")
      .since(22)
      .input("input", T1)
      .output("output", T2)
      .attribute("dtype", Kind.INT)
      .attribute("seed", Kind.FLOAT)
      .create(attributes -> new Bernoulli(
          OutputType.find(attributes, "dtype", DType.NUMBERS_AND_BOOL), Randomness.seed(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.NONE.with("dtype", dtype).with("seed", seed);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(OutputType.like(in.tensor(0), dtype));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    RandomGenerator random = Randomness.of(seed, ctx);
    double[] probabilities = ctx.input(0).toDoubles();
    ctx.output(0).set(Arrays.stream(probabilities).map(p -> random.nextDouble() < p ? 1 : 0).toArray());
  }

  @Override
  public boolean isDeterministic() {
    return false;
  }
}
