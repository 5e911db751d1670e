package dev.slipway.graph;

import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A directed acyclic graph of operators, nodes in topological order. Immutable and thread-safe; {@link GraphBuilder}
 * makes one, {@link GraphPatch} makes the next one.
 *
 * <p>A subgraph (the body of a loop, a branch) takes the values of outer graphs that it uses as further inputs, so
 * that every graph is closed.
 */
public final class Graph {
  private final String name;
  private final List<ValueId> inputs;
  private final Map<String, ValueId> outputs;
  private final List<Node> nodes;
  private final Map<ValueId, Value> values;
  private final Map<ValueId, Tensor> constants;
  private final Map<ValueId, DimVector> dims;
  private final Map<String, String> metadata;
  private final int nextId;
  private final Map<ValueId, Node> producers = new HashMap<>();
  private final Map<ValueId, List<Node>> consumers = new HashMap<>();
  private final Map<String, Node> byName = new HashMap<>();
  private volatile Set<String> valueNames = Set.of();

  Graph(
      String name,
      List<ValueId> inputs,
      Map<String, ValueId> outputs,
      List<Node> nodes,
      Map<ValueId, Value> values,
      Map<ValueId, Tensor> constants,
      Map<ValueId, DimVector> dims,
      Map<String, String> metadata,
      int nextId) {
    this.name = name;
    this.inputs = List.copyOf(inputs);
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    this.nodes = List.copyOf(nodes);
    this.values = values;
    this.constants = constants;
    this.dims = dims;
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    this.nextId = nextId;
    for (Node node : this.nodes) {
      byName.put(node.name(), node);
      for (ValueId output : node.outputs()) {
        if (output.isPresent()) {
          producers.put(output, node);
        }
      }
      for (ValueId input : Set.copyOf(node.inputs())) {
        if (input.isPresent()) {
          consumersOf(input).add(node);
        }
      }
    }
  }

  private List<Node> consumersOf(ValueId input) {
    List<Node> known = consumers.get(input);
    if (known != null) {
      return known;
    }
    List<Node> first = new ArrayList<>(2);
    consumers.put(input, first);
    return first;
  }

  public String name() {
    return name;
  }

  /** The formal inputs, in order. */
  public List<ValueId> inputs() {
    return inputs;
  }

  /** The outputs by their names, in order. Several names may stand for one value. */
  public Map<String, ValueId> outputs() {
    return outputs;
  }

  /** The nodes in topological order. */
  public List<Node> nodes() {
    return nodes;
  }

  /** All values: inputs, constants, and what nodes produce. */
  public Collection<Value> values() {
    return Collections.unmodifiableCollection(values.values());
  }

  /** The constants, in no particular order. */
  public Map<ValueId, Tensor> constants() {
    return Collections.unmodifiableMap(constants);
  }

  /** Free text that came with the model: producer, version, description, ... */
  public Map<String, String> metadata() {
    return metadata;
  }

  public Value value(ValueId id) {
    Value value = values.get(id);
    if (value == null) {
      throw new IllegalArgumentException("value: " + id + " (expected: a value of graph " + name + ")");
    }
    return value;
  }

  public ValueType type(ValueId id) {
    return value(id).type();
  }

  /** The type of a value that must be a tensor. */
  public TensorType tensorType(ValueId id) {
    if (type(id) instanceof TensorType tensor) {
      return tensor;
    }
    throw new InvalidGraphException("value " + value(id).name() + ": " + type(id) + " (expected: a tensor)");
  }

  public Shape shape(ValueId id) {
    return tensorType(id).shape();
  }

  /** The input of this name. */
  public Optional<ValueId> input(String input) {
    return inputs.stream().filter(id -> value(id).name().equals(input)).findFirst();
  }

  /** The node that produces a value; empty for inputs and constants. */
  public Optional<Node> producer(ValueId id) {
    return Optional.ofNullable(producers.get(id));
  }

  /** The nodes that read a value, each once, in topological order. */
  public List<Node> consumers(ValueId id) {
    return Collections.unmodifiableList(consumers.getOrDefault(id, List.of()));
  }

  /** The only node that reads a value, where there is one and the value is no graph output. */
  public Optional<Node> soleConsumer(ValueId id) {
    List<Node> readers = consumers(id);
    return readers.size() == 1 && !isOutput(id) ? Optional.of(readers.getFirst()) : Optional.empty();
  }

  public Optional<Tensor> constant(ValueId id) {
    return Optional.ofNullable(constants.get(id));
  }

  /** Whether an id stands for a value of this graph. */
  public boolean isValue(ValueId id) {
    return values.containsKey(id);
  }

  public boolean isInput(ValueId id) {
    return inputs.contains(id);
  }

  public boolean isOutput(ValueId id) {
    return outputs.containsValue(id);
  }

  /** A value as dimensions, where it is a small integer vector computed from shapes; constants included. */
  public Optional<DimVector> dims(ValueId id) {
    return Optional.ofNullable(dims.get(id));
  }

  /** The node of this name. */
  public Optional<Node> node(String node) {
    return Optional.ofNullable(byName.get(node));
  }

  /** The types of a node's inputs that are tensors and present. */
  public List<TensorType> inputTypes(Node node) {
    return tensorTypes(node.inputs());
  }

  /** The types of a node's outputs that are tensors and present. */
  public List<TensorType> outputTypes(Node node) {
    return tensorTypes(node.outputs());
  }

  /** The cost of a node. */
  public Cost cost(Node node) {
    return node.op().cost(inputTypes(node), outputTypes(node));
  }

  /**
   * This graph with other shapes for some of its inputs, and all types inferred anew.
   *
   * @throws SlipwayException for a name that is no input, or shapes that the graph cannot take
   */
  public Graph withInputShapes(Map<String, Shape> shapes) {
    for (String input : shapes.keySet()) {
      if (input(input).isEmpty()) {
        throw new SlipwayException("input: " + input + " (expected: one of "
            + inputs.stream().map(id -> value(id).name()).toList() + ")");
      }
    }
    GraphBuilder builder = new GraphBuilder(name);
    metadata.forEach(builder::metadata);
    Map<ValueId, ValueId> renamed = new HashMap<>();
    renamed.put(ValueId.ABSENT, ValueId.ABSENT);
    for (ValueId id : inputs) {
      Value input = value(id);
      ValueType type = input.type() instanceof TensorType tensor && shapes.containsKey(input.name())
          ? tensor.withShape(shapes.get(input.name()))
          : input.type();
      renamed.put(id, builder.input(input.name(), type));
    }
    constants.forEach((id, tensor) -> renamed.put(id, builder.constant(value(id).name(), tensor)));
    for (Node node : nodes) {
      List<String> names =
          node.outputs().stream().map(id -> id.isPresent() ? value(id).name() : "").toList();
      List<ValueId> made =
          builder.add(node.name(), node.op(), node.inputs().stream().map(renamed::get).toList(), names);
      for (int i = 0; i < made.size(); i++) {
        renamed.put(node.output(i), made.get(i));
      }
      renamed.put(ValueId.ABSENT, ValueId.ABSENT);
    }
    outputs.forEach((output, id) -> builder.output(output, renamed.get(id)));
    return builder.build();
  }

  /** This graph with these outputs instead of its own, without what they do not need; the inputs stay. */
  public Graph withOutputs(Map<String, ValueId> others) {
    others.values().forEach(this::value);
    return new Graph(name, inputs, others, nodes, values, constants, dims, metadata, nextId).withoutDeadCode();
  }

  /** This graph under another name. */
  public Graph withName(String other) {
    return new Graph(other, inputs, outputs, nodes, values, constants, dims, metadata, nextId);
  }

  /** This graph without nodes and constants that no output needs; itself where there are none. */
  public Graph withoutDeadCode() {
    Set<ValueId> live = new HashSet<>(outputs.values());
    List<Node> kept = new ArrayList<>();
    for (Node node : nodes.reversed()) {
      if (node.outputs().stream().anyMatch(live::contains)) {
        kept.addFirst(node);
        live.addAll(node.inputs());
      }
    }
    if (kept.size() == nodes.size() && live.containsAll(constants.keySet())) {
      return this;
    }
    Set<ValueId> produced = new HashSet<>(inputs);
    kept.forEach(node -> produced.addAll(node.outputs()));
    Map<ValueId, Tensor> keptConstants = new LinkedHashMap<>(constants);
    keptConstants.keySet().retainAll(live);
    produced.addAll(keptConstants.keySet());
    Map<ValueId, Value> keptValues = new LinkedHashMap<>(values);
    keptValues.keySet().retainAll(produced);
    Map<ValueId, DimVector> keptDims = new HashMap<>(dims);
    keptDims.keySet().retainAll(produced);
    return new Graph(name, inputs, outputs, kept, keptValues, keptConstants, keptDims, metadata, nextId);
  }

  /**
   * Applies a patch that was made on this graph, and drops what no output needs any more.
   *
   * @throws InvalidGraphException where the patch makes a cycle
   */
  public Graph apply(GraphPatch patch) {
    Map<ValueId, Value> newValues = new LinkedHashMap<>(values);
    for (Value value : patch.values()) {
      newValues.put(value.id(), value);
    }
    Map<ValueId, Tensor> newConstants = new LinkedHashMap<>(constants);
    newConstants.putAll(patch.constants());
    Map<ValueId, DimVector> newDims = new HashMap<>(dims);
    newDims.putAll(patch.dims());
    Map<ValueId, ValueId> replaced = patch.replaced();
    Map<String, ValueId> newOutputs = new LinkedHashMap<>();
    outputs.forEach((output, id) -> newOutputs.put(output, replaced.getOrDefault(id, id)));
    List<Node> all = new ArrayList<>();
    for (Node node : nodes) {
      all.add(patch.rewire(node));
    }
    all.addAll(patch.added());
    Set<ValueId> renamed = new HashSet<>();
    replaced.forEach((from, to) -> {
      Value old = newValues.get(from);
      Value made = newValues.get(to);
      if (to.index() >= nextId && !isInput(from) && renamed.add(to)) {
        newValues.put(to, new Value(to, old.name(), made.type()));
        newValues.put(from, new Value(from, freeName(old.name()), old.type()));
      }
    });
    int next = patch.nextId();
    List<Node> sorted = GraphOrder.sort(all);
    return new Graph(name, inputs, newOutputs, sorted, newValues, newConstants, newDims, metadata, next)
        .withoutDeadCode();
  }

  int nextId() {
    return nextId;
  }

  private String freeName(String base) {
    String free = base + "~";
    while (hasValue(free)) {
      free += "~";
    }
    return free;
  }

  boolean hasNode(String node) {
    return byName.containsKey(node);
  }

  boolean hasValue(String value) {
    Set<String> names = valueNames;
    if (names.isEmpty()) {
      Set<String> all = new HashSet<>();
      values.values().forEach(v -> all.add(v.name()));
      names = all;
      valueNames = all;
    }
    return names.contains(value);
  }

  TypeInference.Input inferenceInput(ValueId id) {
    Tensor constant = constants.get(id);
    return constant != null
        ? TypeInference.Input.of(constant)
        : TypeInference.Input.of(type(id), Optional.ofNullable(dims.get(id)));
  }

  private List<TensorType> tensorTypes(List<ValueId> ids) {
    List<TensorType> types = new ArrayList<>(ids.size());
    for (ValueId id : ids) {
      if (id.isPresent() && type(id) instanceof TensorType tensor) {
        types.add(tensor);
      }
    }
    return types;
  }

  @Override
  public String toString() {
    return "Graph[" + name + ", " + nodes.size() + " nodes]";
  }
}
