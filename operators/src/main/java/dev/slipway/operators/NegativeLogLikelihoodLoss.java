package dev.slipway.operators;

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

/** The weighted negative log-probability of the right class: log-probabilities N×C×…, class indices N×…, weights C. */
public record NegativeLogLikelihoodLoss(ClassLoss loss) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint INDICES = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = ClassLoss.attributes(OpSchema.named("NegativeLogLikelihoodLoss")
          .since(22)
          .input("input", T)
          .input("target", INDICES)
          .optionalInput("weight", T)
          .output("loss", T))
      .create(attributes -> new NegativeLogLikelihoodLoss(ClassLoss.of(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return loss.attributes();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(loss.inferType(in));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    loss.evaluate(ctx, ctx.input(0).toDoubles(), ctx.input(0).dims());
  }
}
