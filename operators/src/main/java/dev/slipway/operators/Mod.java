package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import java.util.Optional;

/**
 * The remainder of a / b with broadcasting. With the sign of b, or with that of a where {@code fmod}, which floats
 * should have.
 */
public record Mod(boolean fmod) implements Pointwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION = OpSchema.named("Mod")
      .since(13)
      .input("A", T)
      .input("B", T)
      .output("C", T)
      .attribute("fmod", 0)
      .create(attributes -> new Mod(attributes.flag("fmod")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("fmod", fmod);
  }

  @Override
  public long apply(DType type, long... x) {
    if (x[1] == 0) {
      throw new SlipwayException("divisor: 0 (expected: another integer)");
    }
    if (type.isUnsigned()) {
      return Long.remainderUnsigned(x[0], x[1]);
    }
    return fmod ? x[0] % x[1] : Math.floorMod(x[0], x[1]);
  }

  private double remainder(double a, double b) {
    double rest = a % b;
    if (fmod || rest == 0) {
      return fmod ? rest : Math.copySign(rest, b);
    }
    return Math.signum(rest) == Math.signum(b) ? rest : rest + b;
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimArithmetic.all(in, x -> remainder(x.get(0), x.get(1)));
  }

  private static Optional<Dim> remainder(Dim a, Dim b) {
    boolean certain = DimArithmetic.isNotNegative(a) && DimArithmetic.isNotNegative(b) && !b.is(0);
    return certain ? Optional.of(a.minus(a.floorDiv(b).times(b))) : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    if (!ctx.input(0).dtype().isFloat()) {
      Pointwise.super.evaluate(ctx);
      return;
    }
    BroadcastLoop.of(ctx).reals(this::remainder);
  }
}
