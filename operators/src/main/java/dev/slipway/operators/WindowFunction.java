package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** An operator that makes the window function of a signal from its length. */
interface WindowFunction extends Op {

  /** Whether the window is one period of a function, not symmetric. */
  boolean periodic();

  DType outputDatatype();

  /** The value at a place from 0 to 1. */
  double at(double place);

  @Override
  default Attributes attributes() {
    return Attributes.of("output_datatype", outputDatatype()).with("periodic", periodic());
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(outputDatatype(), Shape.of(ScalarInput.size(in, 0, "size", 0))));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    long count = y.elementCount();
    double last = Math.max(1, periodic() ? count : count - 1);
    for (long i = 0; i < count; i++) {
      y.setDouble(i, at(i / last));
    }
  }

  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 2);
  }

  /** Makes an operator from its attributes. */
  interface Factory {
    WindowFunction create(boolean periodic, DType outputDatatype);
  }

  static OpDefinition define(String name, Factory factory) {
    return OpSchema.named(name)
        .since(17)
        .input("size", TypeConstraint.of("T1", DType.INDICES))
        .output("output", TypeConstraint.of("T2", DType.NUMBERS))
        .attribute("output_datatype", DType.FLOAT32.code())
        .attribute("periodic", 1)
        .create(attributes -> factory.create(
            attributes.integer("periodic", 1) != 0,
            OutputType.find(attributes, "output_datatype", DType.NUMBERS).orElse(DType.FLOAT32)));
  }
}
