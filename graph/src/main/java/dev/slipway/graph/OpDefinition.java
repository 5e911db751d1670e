package dev.slipway.graph;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A schema and the way to make the operator. */
public record OpDefinition(OpSchema schema, Function<Attributes, ? extends Op> factory) {

  /**
   * Makes the operator.
   *
   * @throws InvalidGraphException for an attribute that is unknown, missing, or of another kind
   */
  public Op create(Attributes attributes) {
    for (Map.Entry<String, Object> entry : attributes.values().entrySet()) {
      String name = entry.getKey();
      Optional<AttributeSpec> spec = schema.attribute(name);
      if (spec.isEmpty()) {
        throw new InvalidGraphException("attribute " + name + " of " + schema.qualifiedName()
            + ": unknown (expected: one of " + names() + ")");
      }
      if (!spec.get().kind().accepts(entry.getValue())) {
        throw new InvalidGraphException("attribute " + name + " of " + schema.qualifiedName() + ": " + entry.getValue()
            + " (expected: " + spec.get().kind() + ")");
      }
    }
    for (AttributeSpec spec : schema.attributes()) {
      if (spec.required() && !attributes.has(spec.name())) {
        throw new InvalidGraphException("attribute " + spec.name() + " of " + schema.qualifiedName()
            + ": missing (expected: " + spec.kind() + ")");
      }
    }
    return factory.apply(attributes);
  }

  private String names() {
    return schema.attributes().stream().map(AttributeSpec::name).collect(Collectors.joining(", ", "[", "]"));
  }
}
