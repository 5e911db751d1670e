package dev.slipway.graph;

import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** A formal attribute of an operator. */
public record AttributeSpec(String name, Kind kind, boolean required, Optional<Object> defaultValue) {

  /** Types of attribute values. */
  public enum Kind {
    INT(Long.class),
    FLOAT(Float.class),
    STRING(String.class),
    TENSOR(Tensor.class),
    GRAPH(Graph.class),
    TYPE(ValueType.class),
    INTS(List.class),
    FLOATS(List.class),
    STRINGS(List.class),
    TENSORS(List.class);

    private final Class<?> type;

    Kind(Class<?> type) {
      this.type = type;
    }

    boolean accepts(Object value) {
      if (!type.isInstance(value)) {
        return false;
      }
      Class<?> element = switch (this) {
        case INTS -> Long.class;
        case FLOATS -> Float.class;
        case STRINGS -> String.class;
        case TENSORS -> Tensor.class;
        default -> Object.class;
      };
      return !(value instanceof List<?> list) || areAll(element, list);
    }

    private static boolean areAll(Class<?> element, List<?> list) {
      for (Object value : list) {
        if (!element.isInstance(value)) {
          return false;
        }
      }
      return true;
    }
  }
}
