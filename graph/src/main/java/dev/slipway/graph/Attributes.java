package dev.slipway.graph;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attribute values by ONNX name: {@code Long}, {@code Float}, {@code String}, {@link Tensor}, {@link Graph},
 * {@link ValueType}, or a list of one of these. Immutable.
 */
public record Attributes(Map<String, Object> values) {

  public static final Attributes NONE = new Attributes(Map.of());

  public Attributes {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** These and one more. */
  public Attributes with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(values);
    more.put(name, normal(value));
    return new Attributes(more);
  }

  /** These and one more where there is a value. */
  public Attributes with(String name, Optional<?> value) {
    return value.isPresent() ? with(name, value.get()) : this;
  }

  public Attributes without(String name) {
    Map<String, Object> fewer = new LinkedHashMap<>(values);
    fewer.remove(name);
    return new Attributes(fewer);
  }

  /** One attribute. */
  public static Attributes of(String name, Object value) {
    return NONE.with(name, value);
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public long integer(String name) {
    return value(name, Long.class);
  }

  public long integer(String name, long otherwise) {
    return has(name) ? integer(name) : otherwise;
  }

  /** Whether an integer attribute is there and not 0. */
  public boolean flag(String name) {
    return integer(name, 0) != 0;
  }

  public float real(String name) {
    return value(name, Float.class);
  }

  public float real(String name, float otherwise) {
    return has(name) ? real(name) : otherwise;
  }

  public String string(String name) {
    return value(name, String.class);
  }

  public String string(String name, String otherwise) {
    return has(name) ? string(name) : otherwise;
  }

  public Tensor tensor(String name) {
    return value(name, Tensor.class);
  }

  public Graph graph(String name) {
    return value(name, Graph.class);
  }

  public ValueType type(String name) {
    return value(name, ValueType.class);
  }

  @SuppressWarnings("unchecked") // the schema has checked the elements
  public List<Long> integers(String name) {
    return value(name, List.class);
  }

  public List<Long> integers(String name, List<Long> otherwise) {
    return has(name) ? integers(name) : otherwise;
  }

  @SuppressWarnings("unchecked") // the schema has checked the elements
  public List<Float> reals(String name) {
    return value(name, List.class);
  }

  public List<Float> reals(String name, List<Float> otherwise) {
    return has(name) ? reals(name) : otherwise;
  }

  @SuppressWarnings("unchecked") // the schema has checked the elements
  public List<String> strings(String name) {
    return value(name, List.class);
  }

  /** The value, or empty where the attribute is absent. */
  public <T> Optional<T> find(String name, Class<T> type) {
    return has(name) ? Optional.of(value(name, type)) : Optional.empty();
  }

  /** An element type given by its number. */
  public DType dtype(String name) {
    long code = integer(name);
    return DType.ofCode(code)
        .orElseThrow(() -> new InvalidGraphException(
            "attribute " + name + ": " + code + " (expected: the number of an element type)"));
  }

  private <T> T value(String name, Class<T> type) {
    Object value = values.get(name);
    if (!type.isInstance(value)) {
      throw new InvalidGraphException("attribute " + name + ": " + (value == null ? "missing" : value)
          + " (expected: " + type.getSimpleName() + ")");
    }
    return type.cast(value);
  }

  private static Object normal(Object value) {
    return switch (value) {
      case Integer i -> (Object) i.longValue();
      case Boolean b -> (Object) (b ? 1L : 0L);
      case Double d -> (Object) d.floatValue();
      case DType t -> (Object) (long) t.code();
      case List<?> list -> list.stream().map(Attributes::normal).toList();
      default -> value;
    };
  }
}
