package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** 1 where x is above the threshold, else 0. */
public record Binarizer(float threshold) implements Elementwise {
  private static final TypeConstraint T =
      TypeConstraint.of("T", DType.FLOAT32, DType.FLOAT64, DType.INT64, DType.INT32);
  static final OpDefinition DEFINITION = OpSchema.named("ai.onnx.ml", "Binarizer")
      .since(1)
      .input("X", T)
      .output("Y", T)
      .attribute("threshold", 0f)
      .create(attributes -> new Binarizer(attributes.real("threshold", 0f)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("threshold", threshold);
  }

  @Override
  public Expression expression() {
    return input(0).compare(Operation.GREATER, constant(threshold));
  }
}
