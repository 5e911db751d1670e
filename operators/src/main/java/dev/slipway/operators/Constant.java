package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** A tensor that does not change. */
public record Constant(Tensor value) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("Constant")
      .since(25)
      .output("output", T)
      .attribute("value", Kind.TENSOR)
      .attribute("value_float", Kind.FLOAT)
      .attribute("value_floats", Kind.FLOATS)
      .attribute("value_int", Kind.INT)
      .attribute("value_ints", Kind.INTS)
      .create(attributes -> new Constant(value(attributes)));

  private static Tensor value(Attributes attributes) {
    if (attributes.values().size() != 1) {
      throw new InvalidGraphException("attributes: " + attributes.values().keySet() + " (expected: one value)");
    }
    String name = attributes.values().keySet().iterator().next();
    return switch (name) {
      case "value_float" -> Tensor.scalar(attributes.real(name));
      case "value_int" -> Tensor.scalar(attributes.integer(name));
      case "value_floats" -> vector(attributes.reals(name));
      case "value_ints" -> Tensor.vector(attributes.integers(name).stream().mapToLong(Long::longValue).toArray());
      default -> attributes.tensor(name);
    };
  }

  private static Tensor vector(List<Float> values) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, values.size());
    for (int i = 0; i < values.size(); i++) {
      tensor.setDouble(i, values.get(i));
    }
    return tensor;
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("value", value);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(value.type());
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimVector.of(value);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.output(0).copyFrom(value);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.ZERO;
  }
}
