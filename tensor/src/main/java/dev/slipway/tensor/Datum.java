package dev.slipway.tensor;

import java.util.List;
import java.util.Optional;

/** A value at run time: a tensor, a sequence of values, or an optional. */
public sealed interface Datum permits Tensor, Datum.Sequence, Datum.Maybe {

  ValueType type();

  /** A list of values of one type. */
  record Sequence(ValueType.SequenceType type, List<Datum> elements) implements Datum {
    public Sequence {
      elements = List.copyOf(elements);
    }
  }

  /** A value that may be absent. */
  record Maybe(ValueType.OptionalType type, Optional<Datum> value) implements Datum {}
}
