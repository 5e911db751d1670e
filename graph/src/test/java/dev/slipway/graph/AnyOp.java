package dev.slipway.graph;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Collections;
import java.util.List;

/** An operator that takes anything, has an attribute of each kind, and computes nothing. */
record AnyOp(Attributes attributes) implements Op {
  static final OpDefinition DEFINITION = OpSchema.named("test", "Any")
      .heterogeneousInput("inputs")
      .heterogeneousOutput("outputs")
      .attribute("default_int", 7)
      .attribute("default_float", 0.5f)
      .attribute("default_string", "a")
      .attribute("int", Kind.INT)
      .attribute("float", Kind.FLOAT)
      .attribute("string", Kind.STRING)
      .attribute("tensor", Kind.TENSOR)
      .attribute("graph", Kind.GRAPH)
      .attribute("type", Kind.TYPE)
      .attribute("ints", Kind.INTS)
      .attribute("floats", Kind.FLOATS)
      .attribute("strings", Kind.STRINGS)
      .attribute("tensors", Kind.TENSORS)
      .create(AnyOp::new);

  static OpDefinition find(String name) {
    if (name.equals("test.Any")) {
      return DEFINITION;
    }
    throw new InvalidGraphException("operator: " + name + " (expected: test.Any)");
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return Collections.nCopies(in.outputCount(), TensorType.of(DType.FLOAT32, Shape.UNRANKED));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    throw new IllegalStateException("test.Any has no meaning");
  }

  @Override
  public List<Graph> subgraphs() {
    return attributes.has("graph") ? List.of(attributes.graph("graph")) : List.of();
  }
}
