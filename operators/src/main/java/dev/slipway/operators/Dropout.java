package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.DoubleSupplier;

/**
 * The input itself; in training mode a random share of the elements is 0 and the others are scaled up.
 *
 * @param seed what the random choice follows from; empty for a new choice each time
 */
public record Dropout(OptionalLong seed) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint BOOL = TypeConstraint.of("T2", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("Dropout")
      .since(22)
      .input("data", T)
      .optionalInput("ratio", T1)
      .optionalInput("training_mode", BOOL)
      .output("output", T)
      .optionalOutput("mask", BOOL)
      .attribute("seed", Kind.INT)
      .create(attributes -> new Dropout(
          attributes.has("seed") ? OptionalLong.of(attributes.integer("seed")) : OptionalLong.empty()));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return seed.isPresent() ? Attributes.of("seed", seed.getAsLong()) : Attributes.NONE;
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(in.tensor(0), in.tensor(0).withDType(DType.BOOL));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    double ratio = ctx.has(1) ? ctx.input(1).getDouble(0) : 0.5;
    boolean training = ctx.has(2) && ctx.input(2).getBoolean(0) && ratio > 0;
    if (!(ratio >= 0 && ratio < 1)) {
      throw new SlipwayException("ratio: " + ratio + " (expected: at least 0 and less than 1)");
    }
    Optional<Tensor> mask = ctx.wants(1) ? Optional.of(ctx.output(1)) : Optional.empty();
    if (!training) {
      y.copyFrom(x);
      mask.ifPresent(all -> ElementCopy.fill(all, Tensor.scalar(DType.BOOL, 1)));
      return;
    }
    DoubleSupplier random = random(ctx);
    for (long i = 0; i < x.elementCount(); i++) {
      boolean kept = random.getAsDouble() >= ratio;
      y.setDouble(i, kept ? x.getDouble(i) / (1 - ratio) : 0);
      if (mask.isPresent()) {
        mask.get().setBoolean(i, kept);
      }
    }
  }

  private DoubleSupplier random(ReferenceContext ctx) {
    return seed.isPresent() ? new MersenneTwister(seed.getAsLong())::nextDouble : ctx.random()::nextDouble;
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Broadcast();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }

  @Override
  public boolean isDeterministic() {
    return seed.isPresent();
  }
}
