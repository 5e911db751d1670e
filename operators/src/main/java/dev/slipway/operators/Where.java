package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** x where the condition holds, else y, with broadcasting. */
public record Where() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS_AND_BOOL);
  private static final TypeConstraint B = TypeConstraint.of("B", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("Where")
      .since(16)
      .input("condition", B)
      .input("X", T)
      .input("Y", T)
      .output("output", T)
      .create(attributes -> new Where());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).select(input(1), input(2));
  }

  @Override
  public long apply(DType type, long... x) {
    return x[0] != 0 ? x[1] : x[2];
  }

  @Override
  public DType elementType(InferenceContext in) {
    return in.tensor(1).dtype();
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Optional<DimVector> condition = in.dims(0).or(() -> in.constant(0).flatMap(Where::condition));
    boolean shapes = DType.INDICES.contains(elementType(in));
    if (!shapes || condition.isEmpty() || in.dims(1).isEmpty() || in.dims(2).isEmpty()) {
      return Optional.empty();
    }
    return DimArithmetic.map(
        List.of(condition.get(), in.dims(1).get(), in.dims(2).get()),
        x -> Optional.of(x.get(0).is(0) ? x.get(2) : x.get(1)));
  }

  private static Optional<DimVector> condition(Tensor tensor) {
    if (tensor.rank() > 1) {
      return Optional.empty();
    }
    return Optional.of(new DimVector(Arrays.stream(tensor.toLongs()).mapToObj(Dim::of).toList(), tensor.rank() == 0));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.SameScale();
  }
}
