package dev.slipway.onnx;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.ValueId;
import java.util.ArrayList;
import java.util.List;

/**
 * A node on its way into the graph, in the form of some opset.
 *
 * @param opset the version of ONNX's operators that the form belongs to
 */
record ImportedNode(
    String name, String type, long opset, List<ValueId> inputs, List<String> outputs, Attributes attributes) {
  /** The form that the operators of Slipway have. */
  static final long NEWEST = Long.MAX_VALUE;

  ImportedNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Whether the optional input is there. */
  boolean has(int port) {
    return port < inputs.size() && inputs.get(port).isPresent();
  }

  ImportedNode with(Attributes other) {
    return new ImportedNode(name, type, opset, inputs, outputs, other);
  }

  ImportedNode without(String... attributeNames) {
    Attributes fewer = attributes;
    for (String attribute : attributeNames) {
      fewer = fewer.without(attribute);
    }
    return with(fewer);
  }

  ImportedNode withOpset(long other) {
    return new ImportedNode(name, type, other, inputs, outputs, attributes);
  }

  ImportedNode withInputs(ValueId... ids) {
    return withInputs(List.of(ids));
  }

  ImportedNode withInputs(List<ValueId> ids) {
    return new ImportedNode(name, type, opset, ids, outputs, attributes);
  }

  /** The same node with one input more or another one, absent ones before it where there are too few. */
  ImportedNode withInput(int port, ValueId id) {
    List<ValueId> ids = new ArrayList<>(inputs);
    while (ids.size() <= port) {
      ids.add(ValueId.ABSENT);
    }
    ids.set(port, id);
    return withInputs(ids);
  }

  ImportedNode withOutputs(List<String> names) {
    return new ImportedNode(name, type, opset, inputs, names, attributes);
  }

  /** Another operator, in its newest form, in this node's place. */
  ImportedNode as(String operator, Attributes other, List<ValueId> ids) {
    return new ImportedNode(name, operator, NEWEST, ids, outputs, other);
  }
}
