package dev.slipway.graph;

import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A change to a graph: nodes and constants to add, and values whose readers shall read another value. Nodes that
 * nobody reads any more go by themselves. A value that replaces another takes over its name.
 *
 * @param reason why, for the log: "single consumer", "weights are constant"
 */
public record GraphPatch(
    String reason,
    List<Node> added,
    List<Value> values,
    Map<ValueId, Tensor> constants,
    Map<ValueId, DimVector> dims,
    Map<ValueId, ValueId> replaced,
    int nextId) {

  public GraphPatch {
    added = List.copyOf(added);
    values = List.copyOf(values);
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    dims = Collections.unmodifiableMap(new LinkedHashMap<>(dims));
    replaced = Collections.unmodifiableMap(new LinkedHashMap<>(replaced));
  }

  /** Begins a patch of a graph. */
  public static Builder on(Graph graph, String reason) {
    return new Builder(graph, reason);
  }

  /** A node with replaced inputs. */
  Node rewire(Node node) {
    if (node.inputs().stream().noneMatch(replaced::containsKey)) {
      return node;
    }
    return new Node(
        node.name(),
        node.op(),
        node.inputs().stream().map(id -> replaced.getOrDefault(id, id)).toList(),
        node.outputs());
  }

  /** Collects a patch; nodes are checked and their types inferred as they are added. Not thread-safe. */
  public static final class Builder {
    private final Graph graph;
    private final String reason;
    private final List<Node> added = new ArrayList<>();
    private final Map<ValueId, Value> values = new LinkedHashMap<>();
    private final Map<ValueId, Tensor> constants = new LinkedHashMap<>();
    private final Map<ValueId, DimVector> dims = new HashMap<>();
    private final Map<ValueId, ValueId> replaced = new LinkedHashMap<>();
    private final Set<String> nodeNames = new HashSet<>();
    private int nextId;

    private Builder(Graph graph, String reason) {
      this.graph = graph;
      this.reason = reason;
      this.nextId = graph.nextId();
      graph.nodes().forEach(node -> nodeNames.add(node.name()));
    }

    /** Adds a constant. */
    public ValueId constant(String name, Tensor tensor) {
      ValueId id = value(name, tensor.type());
      constants.put(id, tensor);
      DimVector.of(tensor).ifPresent(vector -> dims.put(id, vector));
      return id;
    }

    /** Adds a node with one output. */
    public ValueId add(String name, Op op, ValueId... inputs) {
      return add(name, op, List.of(inputs), 1).getFirst();
    }

    /** Adds a node with the given number of outputs. */
    public List<ValueId> add(String name, Op op, List<ValueId> inputs, int outputCount) {
      List<TypeInference.Input> typed = new ArrayList<>();
      for (ValueId id : inputs) {
        typed.add(inferenceInput(id));
      }
      String unique = name;
      for (int i = 0; !nodeNames.add(unique); i++) {
        unique = name + "_" + i;
      }
      TypeInference.Result result = TypeInference.infer(unique, op, typed, outputCount);
      List<ValueId> outputs = new ArrayList<>();
      for (int i = 0; i < outputCount; i++) {
        outputs.add(value(unique + (outputCount == 1 ? ".out" : ".out" + i), result.types().get(i)));
      }
      result.dims().ifPresent(vector -> dims.put(outputs.getFirst(), vector));
      added.add(new Node(unique, op, inputs, outputs));
      return outputs;
    }

    /** Lets the readers of a value read another; graph outputs too. */
    public Builder replace(ValueId value, ValueId by) {
      replaced.put(value, by);
      return this;
    }

    /** The type of a value of the graph or of this patch. */
    public ValueType type(ValueId id) {
      return values.containsKey(id) ? values.get(id).type() : graph.type(id);
    }

    /** Frees the name of a node that this patch makes dead, so that an added node may take it. */
    public Builder reuseName(Node node) {
      nodeNames.remove(node.name());
      return this;
    }

    public GraphPatch build() {
      return new GraphPatch(reason, added, List.copyOf(values.values()), constants, dims, replaced, nextId);
    }

    private TypeInference.Input inferenceInput(ValueId id) {
      if (!id.isPresent()) {
        return TypeInference.Input.ABSENT;
      }
      if (!values.containsKey(id)) {
        return graph.inferenceInput(id);
      }
      Tensor constant = constants.get(id);
      return constant != null
          ? TypeInference.Input.of(constant)
          : TypeInference.Input.of(values.get(id).type(), Optional.ofNullable(dims.get(id)));
    }

    private ValueId value(String name, ValueType type) {
      ValueId id = new ValueId(nextId++);
      values.put(id, new Value(id, name, type));
      return id;
    }
  }
}
