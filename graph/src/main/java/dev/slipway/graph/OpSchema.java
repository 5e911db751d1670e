package dev.slipway.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The signature of an operator: ports and attributes in the form of the newest opset that Slipway knows. The importer
 * brings older forms to it.
 *
 * @param domain empty for the ONNX operators, else {@code ai.onnx.ml}, {@code slipway}, ...
 * @param sinceVersion the opset that introduced this form
 */
public record OpSchema(
    String domain,
    String name,
    int sinceVersion,
    List<Port> inputs,
    List<Port> outputs,
    List<AttributeSpec> attributes) {

  public OpSchema {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = List.copyOf(attributes);
  }

  /** Begins the definition of an ONNX operator. */
  public static Builder named(String name) {
    return new Builder("", name);
  }

  /** Begins the definition of an operator of another domain. */
  public static Builder named(String domain, String name) {
    return new Builder(domain, name);
  }

  /** The name with its domain: {@code Conv}, {@code ai.onnx.ml.LabelEncoder}. */
  public String qualifiedName() {
    return domain.isEmpty() ? name : domain + "." + name;
  }

  public Optional<AttributeSpec> attribute(String attribute) {
    for (AttributeSpec spec : attributes) {
      if (spec.name().equals(attribute)) {
        return Optional.of(spec);
      }
    }
    return Optional.empty();
  }

  /** The formal input that the actual input {@code index} belongs to, or empty where there are too many. */
  public Optional<Port> inputPort(int index) {
    return port(inputs, index);
  }

  /** The formal output that the actual output {@code index} belongs to, or empty where there are too many. */
  public Optional<Port> outputPort(int index) {
    return port(outputs, index);
  }

  private static Optional<Port> port(List<Port> ports, int index) {
    if (index < ports.size()) {
      return Optional.of(ports.get(index));
    }
    return ports.isEmpty() || !ports.getLast().repeats() ? Optional.empty() : Optional.of(ports.getLast());
  }

  /** Collects a schema; the calls read in the order of the ONNX specification's tables. */
  public static final class Builder {
    private final String domain;
    private final String name;
    private int since = 1;
    private final List<Port> inputs = new ArrayList<>();
    private final List<Port> outputs = new ArrayList<>();
    private final List<AttributeSpec> attributes = new ArrayList<>();

    private Builder(String domain, String name) {
      this.domain = domain;
      this.name = name;
    }

    public Builder since(int version) {
      since = version;
      return this;
    }

    public Builder input(String port, TypeConstraint constraint) {
      inputs.add(new Port(port, Port.Kind.REQUIRED, constraint));
      return this;
    }

    public Builder optionalInput(String port, TypeConstraint constraint) {
      inputs.add(new Port(port, Port.Kind.OPTIONAL, constraint));
      return this;
    }

    public Builder variadicInput(String port, TypeConstraint constraint) {
      inputs.add(new Port(port, Port.Kind.VARIADIC, constraint));
      return this;
    }

    /** Any number of values of any types, such as the loop-carried values and the captures of a subgraph. */
    public Builder heterogeneousInput(String port) {
      inputs.add(new Port(port, Port.Kind.HETEROGENEOUS, TypeConstraint.ANY));
      return this;
    }

    public Builder output(String port, TypeConstraint constraint) {
      outputs.add(new Port(port, Port.Kind.REQUIRED, constraint));
      return this;
    }

    public Builder optionalOutput(String port, TypeConstraint constraint) {
      outputs.add(new Port(port, Port.Kind.OPTIONAL, constraint));
      return this;
    }

    public Builder variadicOutput(String port, TypeConstraint constraint) {
      outputs.add(new Port(port, Port.Kind.VARIADIC, constraint));
      return this;
    }

    public Builder heterogeneousOutput(String port) {
      outputs.add(new Port(port, Port.Kind.HETEROGENEOUS, TypeConstraint.ANY));
      return this;
    }

    /** An attribute with a default. */
    public Builder attribute(String attribute, long defaultValue) {
      return add(attribute, AttributeSpec.Kind.INT, false, Optional.of(defaultValue));
    }

    /** An attribute with a default. */
    public Builder attribute(String attribute, float defaultValue) {
      return add(attribute, AttributeSpec.Kind.FLOAT, false, Optional.of(defaultValue));
    }

    /** An attribute with a default. */
    public Builder attribute(String attribute, String defaultValue) {
      return add(attribute, AttributeSpec.Kind.STRING, false, Optional.of(defaultValue));
    }

    /** An attribute that may be absent. */
    public Builder attribute(String attribute, AttributeSpec.Kind kind) {
      return add(attribute, kind, false, Optional.empty());
    }

    public Builder requiredAttribute(String attribute, AttributeSpec.Kind kind) {
      return add(attribute, kind, true, Optional.empty());
    }

    /** Ends the definition with the way to make the operator from checked attributes. */
    public OpDefinition create(Function<Attributes, ? extends Op> factory) {
      return new OpDefinition(new OpSchema(domain, name, since, inputs, outputs, attributes), factory);
    }

    private Builder add(String attribute, AttributeSpec.Kind kind, boolean required, Optional<Object> value) {
      attributes.add(new AttributeSpec(attribute, kind, required, value));
      return this;
    }
  }
}
