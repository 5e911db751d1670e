package dev.slipway.graph;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/**
 * An operator with its attributes: everything that Slipway knows about it stands in one file. Implementations are
 * records, immutable and thread-safe; equal operators on equal inputs compute the same, unless
 * {@link #isDeterministic()} says otherwise.
 */
public interface Op {

  OpSchema schema();

  /** The attributes, defaults included, such that {@link OpDefinition#create} makes an equal operator of them. */
  default Attributes attributes() {
    return Attributes.NONE;
  }

  /**
   * The types of the outputs, one for each of {@link InferenceContext#outputCount()}. Dimensions stay symbolic where
   * they are; a dimension that depends on data is {@link InferenceContext#freshDim}.
   *
   * @throws InvalidGraphException where the inputs do not fit together
   */
  List<? extends ValueType> inferTypes(InferenceContext in);

  /**
   * The value of the first output as dimensions, where it is a small integer vector computed from shapes and the
   * inputs are known as dimensions.
   */
  default Optional<DimVector> inferDims(InferenceContext in) {
    return Optional.empty();
  }

  /** Naive evaluation: the oracle of every test. */
  void evaluate(ReferenceContext ctx);

  /** Arithmetic and memory traffic for these types. */
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 1);
  }

  /** Which output axes come from which input axes. */
  default AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque(schema().name() + " does not say how axes flow");
  }

  /** What a quantiser may do with this operator. */
  default QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat(schema().name() + " has no integer form");
  }

  /** How far a fast kernel may be from {@link #evaluate}. */
  default Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.epsilons(4) : Tolerance.EXACT;
  }

  /** False where two evaluations may differ: such an operator is neither folded nor merged with its equal. */
  default boolean isDeterministic() {
    return true;
  }

  /** The graphs that this operator runs; each takes the formal inputs, then the captured values. */
  default List<Graph> subgraphs() {
    return List.of();
  }

  /** This operator with other subgraphs, in the order of {@link #subgraphs()}. */
  default Op withSubgraphs(List<Graph> subgraphs) {
    return this;
  }
}
