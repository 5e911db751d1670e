package dev.slipway.graph;

import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a graph node by node, in topological order; every node is checked and its types inferred as it is added. Not
 * thread-safe.
 */
public final class GraphBuilder {
  private final String name;
  private final List<ValueId> inputs = new ArrayList<>();
  private final Map<String, ValueId> outputs = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<ValueId, Value> values = new LinkedHashMap<>();
  private final Map<ValueId, Tensor> constants = new LinkedHashMap<>();
  private final Map<ValueId, DimVector> dims = new HashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Set<String> valueNames = new HashSet<>();
  private final Set<String> nodeNames = new HashSet<>();

  /** For each name of nodes that was taken, from which number on to look for a free one. */
  private final Map<String, Integer> nextNumbers = new HashMap<>();

  public GraphBuilder(String name) {
    this.name = name;
  }

  /** Adds an input; its name must be free. */
  public ValueId input(String input, ValueType type) {
    if (valueNames.contains(input)) {
      throw new InvalidGraphException("input " + input + ": defined twice (expected: one definition)");
    }
    ValueId id = value(input, type);
    inputs.add(id);
    return id;
  }

  /** Adds a constant. */
  public ValueId constant(String constant, Tensor tensor) {
    ValueId id = value(constant, tensor.type());
    constants.put(id, tensor);
    DimVector.of(tensor).ifPresent(vector -> dims.put(id, vector));
    return id;
  }

  /** Adds a node with one output and names of its own. */
  public ValueId add(Op op, ValueId... ids) {
    return add("", op, List.of(ids), List.of("")).getFirst();
  }

  /**
   * Adds a node.
   *
   * @param node its name; where it is empty or taken, one is made
   * @param outputNames one for each output; empty for an output that nobody reads
   * @return the outputs, {@link ValueId#ABSENT} for those without a name where there are several
   * @throws InvalidGraphException where the operator does not take these inputs
   */
  public List<ValueId> add(String node, Op op, List<ValueId> ids, List<String> outputNames) {
    String unique = unique(node.isEmpty() ? op.schema().name() : node, nodeNames, node.isEmpty());
    List<TypeInference.Input> typed = new ArrayList<>(ids.size());
    for (ValueId id : ids) {
      typed.add(inferenceInput(id));
    }
    TypeInference.Result result = TypeInference.infer(unique, op, typed, outputNames.size());
    nodeNames.add(unique);
    List<ValueId> made = new ArrayList<>(outputNames.size());
    for (int i = 0; i < outputNames.size(); i++) {
      String output = outputNames.get(i);
      boolean absent = output.isEmpty() && outputNames.size() > 1;
      made.add(absent
          ? ValueId.ABSENT
          : value(output.isEmpty() ? unique + ".out" : output, result.types().get(i)));
    }
    result.dims().ifPresent(vector -> dims.put(made.getFirst(), vector));
    nodes.add(new Node(unique, op, ids, made));
    return made;
  }

  /** Declares an output. */
  public GraphBuilder output(String output, ValueId id) {
    if (!values.containsKey(id)) {
      throw new InvalidGraphException("output " + output + ": not defined (expected: the output of a node)");
    }
    if (outputs.putIfAbsent(output, id) != null) {
      throw new InvalidGraphException("output " + output + ": defined twice (expected: one definition)");
    }
    return this;
  }

  /** Adds a line of free text. */
  public GraphBuilder metadata(String key, String text) {
    metadata.put(key, text);
    return this;
  }

  /** The type of a value added before. */
  public ValueType type(ValueId id) {
    return values.get(id).type();
  }

  /** The name of a value added before. */
  public String valueName(ValueId id) {
    return values.get(id).name();
  }

  /** Sets how a value added before lies in memory. */
  public GraphBuilder layout(ValueId id, Layout layout) {
    Value value = values.get(id);
    if (value.type() instanceof TensorType tensor) {
      values.put(id, new Value(id, value.name(), tensor.withLayout(layout)));
    }
    return this;
  }

  /** The constant behind a value added before. */
  public Optional<Tensor> constant(ValueId id) {
    return Optional.ofNullable(constants.get(id));
  }

  public Graph build() {
    return new Graph(
        name,
        inputs,
        outputs,
        nodes,
        new LinkedHashMap<>(values),
        new LinkedHashMap<>(constants),
        new HashMap<>(dims),
        metadata,
        values.size());
  }

  private TypeInference.Input inferenceInput(ValueId id) {
    if (!id.isPresent()) {
      return TypeInference.Input.ABSENT;
    }
    Tensor constant = constants.get(id);
    return constant != null
        ? TypeInference.Input.of(constant)
        : TypeInference.Input.of(values.get(id).type(), Optional.ofNullable(dims.get(id)));
  }

  private ValueId value(String wanted, ValueType type) {
    ValueId id = new ValueId(values.size());
    String unique = unique(wanted, valueNames, false);
    valueNames.add(unique);
    values.put(id, new Value(id, unique, type));
    return id;
  }

  private String unique(String wanted, Set<String> taken, boolean numbered) {
    if (!numbered && !taken.contains(wanted)) {
      return wanted;
    }
    for (int i = taken == nodeNames ? nextNumbers.getOrDefault(wanted, 0) : 0; ; i++) {
      String candidate = wanted + "_" + i;
      if (!taken.contains(candidate)) {
        if (taken == nodeNames) {
          nextNumbers.put(wanted, i);
        }
        return candidate;
      }
    }
  }
}
