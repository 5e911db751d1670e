package dev.slipway.tensor;

/** What a value of a graph is: a tensor, a sequence, or an optional. */
public sealed interface ValueType permits TensorType, ValueType.SequenceType, ValueType.OptionalType {

  /** A list of values of one type. */
  record SequenceType(ValueType element) implements ValueType {
    @Override
    public String toString() {
      return "seq(" + element + ")";
    }
  }

  /** A value that may be absent. */
  record OptionalType(ValueType element) implements ValueType {
    @Override
    public String toString() {
      return "optional(" + element + ")";
    }
  }
}
