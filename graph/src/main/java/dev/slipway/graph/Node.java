package dev.slipway.graph;

import java.util.List;

/**
 * An operator applied to values. The name is unique in its graph; a node that replaces several carries their names
 * joined by {@code +}. Absent optional inputs and outputs are {@link ValueId#ABSENT}.
 */
public record Node(String name, Op op, List<ValueId> inputs, List<ValueId> outputs) {

  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  public ValueId input(int port) {
    return inputs.get(port);
  }

  public ValueId output(int port) {
    return outputs.get(port);
  }

  /** The first output, which most operators have alone. */
  public ValueId output() {
    return outputs.getFirst();
  }

  /** Whether the optional input is there. */
  public boolean hasInput(int port) {
    return port < inputs.size() && inputs.get(port).isPresent();
  }

  @Override
  public String toString() {
    return name + " (" + op.schema().name() + ")";
  }
}
