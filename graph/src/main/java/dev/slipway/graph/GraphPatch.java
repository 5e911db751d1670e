package dev.slipway.graph;

import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

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

  /**
   * The names of the nodes that nobody needs any more once this patch is applied to its graph, those included whose
   * outputs it replaces.
   */
  public Set<String> removed(Graph graph) {
    Set<ValueId> read = new HashSet<>();
    added.forEach(node -> read.addAll(node.inputs()));
    replaced.values().forEach(read::add);
    Set<String> dead = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>();
    replaced.keySet().forEach(id -> graph.producer(id).ifPresent(open::add));
    while (!open.isEmpty()) {
      Node node = open.poll();
      if (dead.contains(node.name()) || node.outputs().stream().anyMatch(id -> isNeeded(graph, id, read, dead))) {
        continue;
      }
      dead.add(node.name());
      node.inputs().forEach(id -> graph.producer(id).ifPresent(open::add));
    }
    return dead;
  }

  private boolean isNeeded(Graph graph, ValueId id, Set<ValueId> read, Set<String> dead) {
    if (!id.isPresent()) {
      return false;
    }
    if (read.contains(id)) {
      return true;
    }
    return !replaced.containsKey(id)
        && (graph.isOutput(id) || graph.consumers(id).stream().anyMatch(reader -> !dead.contains(reader.name())));
  }

  /**
   * One patch that does what several patches of one graph do. They may read what another replaces, but no two may
   * replace the same value.
   *
   * @throws IllegalArgumentException where two patches replace one value
   */
  public static GraphPatch compose(Graph graph, List<GraphPatch> patches) {
    if (patches.size() == 1) {
      return patches.getFirst();
    }
    Map<ValueId, ValueId> replaced = new LinkedHashMap<>();
    List<GraphPatch> moved = new ArrayList<>(patches.size());
    int nextId = graph.nextId();
    for (GraphPatch patch : patches) {
      GraphPatch shifted = patch.shift(graph.nextId(), nextId - graph.nextId());
      nextId = shifted.nextId;
      moved.add(shifted);
      shifted.replaced.forEach((from, to) -> {
        if (replaced.put(from, to) != null) {
          throw new IllegalArgumentException("value " + graph.value(from).name() + ": replaced by two patches");
        }
      });
    }
    List<Node> added = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    Map<ValueId, Tensor> constants = new LinkedHashMap<>();
    Map<ValueId, DimVector> dims = new LinkedHashMap<>();
    Set<String> nodeNames = new HashSet<>();
    Set<String> valueNames = new HashSet<>();
    for (GraphPatch patch : moved) {
      for (Node node : patch.added) {
        added.add(new Node(
            unique(node.name(), nodeNames),
            node.op(),
            node.inputs().stream().map(id -> resolve(id, replaced, patch.replaced.keySet())).toList(),
            node.outputs()));
      }
      patch.values.forEach(value ->
          values.add(new Value(value.id(), unique(value.name(), valueNames), value.type())));
      constants.putAll(patch.constants);
      dims.putAll(patch.dims);
    }
    replaced.replaceAll((from, to) -> resolve(to, replaced, Set.of(from)));
    String reason = patches.size() + " patches";
    return new GraphPatch(reason, added, values, constants, dims, replaced, nextId);
  }

  /** Follows replacements, but not those of the given values. */
  private static ValueId resolve(ValueId id, Map<ValueId, ValueId> replaced, Set<ValueId> except) {
    ValueId current = id;
    for (int steps = 0; replaced.containsKey(current) && !except.contains(current); steps++) {
      if (steps > replaced.size()) {
        throw new InvalidGraphException("patches replace values in a circle (expected: none does)");
      }
      current = replaced.get(current);
    }
    return current;
  }

  private static String unique(String wanted, Set<String> taken) {
    String name = wanted;
    for (int i = 0; !taken.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }

  private GraphPatch shift(int from, int by) {
    if (by == 0) {
      return this;
    }
    UnaryOperator<ValueId> move = id -> id.index() >= from ? new ValueId(id.index() + by) : id;
    Map<ValueId, Tensor> movedConstants = new LinkedHashMap<>();
    constants.forEach((id, tensor) -> movedConstants.put(move.apply(id), tensor));
    Map<ValueId, DimVector> movedDims = new LinkedHashMap<>();
    dims.forEach((id, vector) -> movedDims.put(move.apply(id), vector));
    Map<ValueId, ValueId> movedReplaced = new LinkedHashMap<>();
    replaced.forEach((id, other) -> movedReplaced.put(move.apply(id), move.apply(other)));
    return new GraphPatch(
        reason,
        added.stream()
            .map(node -> new Node(
                node.name(),
                node.op(),
                node.inputs().stream().map(move).toList(),
                node.outputs().stream().map(move).toList()))
            .toList(),
        values.stream().map(value -> new Value(move.apply(value.id()), value.name(), value.type())).toList(),
        movedConstants,
        movedDims,
        movedReplaced,
        nextId + by);
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
    private final Set<String> freedNames = new HashSet<>();
    private final Set<String> addedNames = new HashSet<>();
    private final Set<String> addedValueNames = new HashSet<>();
    private int nextId;

    private Builder(Graph graph, String reason) {
      this.graph = graph;
      this.reason = reason;
      this.nextId = graph.nextId();
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
      for (int i = 0; isTaken(unique); i++) {
        unique = name + "_" + i;
      }
      addedNames.add(unique);
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
      freedNames.add(node.name());
      return this;
    }

    private boolean isTaken(String node) {
      return addedNames.contains(node) || graph.hasNode(node) && !freedNames.contains(node);
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
      String unique = name;
      for (int i = 0; graph.hasValue(unique) || !addedValueNames.add(unique); i++) {
        unique = name + "_" + i;
      }
      values.put(id, new Value(id, unique, type));
      return id;
    }
  }
}
