package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Converts the element type; floats become integers by dropping the fraction. Strings are not supported. */
public record Cast(DType to, boolean saturate, String roundMode) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", Conversion.TYPES);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", Conversion.TYPES);
  static final OpDefinition DEFINITION = OpSchema.named("Cast")
      .since(25)
      .input("input", T1)
      .output("output", T2)
      .attribute("round_mode", "up")
      .attribute("saturate", 1)
      .requiredAttribute("to", Kind.INT)
      .create(attributes -> new Cast(
          attributes.dtype("to"), attributes.integer("saturate", 1) != 0, attributes.string("round_mode", "up")));

  public Cast {
    if (!Conversion.TYPES.contains(to)) {
      throw new InvalidGraphException("attribute to: " + to + " (expected: a type of real numbers)");
    }
    Conversion.RoundMode.of(roundMode);
  }

  /** A conversion with the defaults of ONNX. */
  public Cast(DType to) {
    this(to, true, "up");
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("round_mode", roundMode).with("saturate", saturate).with("to", to);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(in.tensor(0).withDType(to));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return to.isInteger() && to.bits() >= 32 ? in.dims(0) : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    new Conversion(saturate, Conversion.RoundMode.of(roundMode)).convert(ctx.input(0), ctx.output(0));
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in);
  }
}
