package dev.slipway.onnx;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Turns a model as it stands in the file into a graph: names become values, calls of functions become the functions'
 * bodies, subgraphs take what they use from outside as further inputs, and every node takes the newest form.
 */
final class GraphImport {
  /** Calls within calls; a function that calls itself ends here. */
  private static final int DEEPEST = 64;

  /** Functions that call each other twice would make any number of nodes. */
  private static final int MOST_NODES = 1 << 16;

  /** Branches of a model that may be made anew, so that nested ones that are broken come to an end. */
  private static final int MOST_RELAXED = 256;

  /** The attribute in which operators with subgraphs keep how many of their last inputs are captured values. */
  private static final String CAPTURES = "captures";

  private final ModelProto model;
  private final Set<String> symbols = new HashSet<>();
  private int nodes;
  private int relaxed;

  GraphImport(ModelProto model) {
    this.model = model;
  }

  /**
   * Where names mean values: a graph, or one call of a function.
   *
   * @param arguments attributes of the call, by name
   * @param prefix before the names of nodes and values of a call
   * @param published the names outside the call of values that the call returns
   */
  private record Scope(
      GraphBuilder builder,
      Map<String, ValueId> names,
      Map<String, Long> opsets,
      Map<String, AttributeProto> arguments,
      String prefix,
      Map<String, String> published,
      int depth) {

    ValueId resolve(String name) {
      if (name.isEmpty()) {
        return ValueId.ABSENT;
      }
      ValueId id = names.get(name);
      if (id == null) {
        throw new InvalidGraphException("input " + name
            + ": not defined (expected: a graph input, an initializer or the output of a node)");
      }
      return id;
    }

    void define(String name, ValueId id) {
      if (names.putIfAbsent(name, id) != null) {
        throw new InvalidGraphException("value " + name + ": defined twice (expected: one definition)");
      }
    }

    String outer(String name) {
      return name.isEmpty() ? "" : published.getOrDefault(name, prefix + name);
    }
  }

  Graph graph() {
    long opset = model.opsets().getOrDefault("", OnnxReader.NEWEST_OPSET);
    if (opset < OnnxReader.OLDEST_OPSET || opset > OnnxReader.NEWEST_OPSET) {
      throw new SlipwayException("opset: " + opset + " (expected: " + OnnxReader.OLDEST_OPSET + " to "
          + OnnxReader.NEWEST_OPSET + ")");
    }
    GraphProto proto = model.graph();
    GraphBuilder builder = new GraphBuilder(proto.name().isEmpty() ? "main" : proto.name());
    model.metadata().forEach(builder::metadata);
    Scope scope = new Scope(builder, new HashMap<>(), model.opsets(), Map.of(), "", Map.of(), 0);
    InputSymbols inputSymbols = new InputSymbols(symbols);
    for (ValueInfoProto input : proto.inputs()) {
      // Before IR version 4 every initializer is listed as an input too.
      if (!proto.initializers().containsKey(input.name())) {
        scope.define(input.name(), builder.input(input.name(), inputType(input, inputSymbols, Optional.empty())));
      }
    }
    fill(scope, proto);
    return builder.build();
  }

  /** Adds constants, nodes and outputs to a graph that has its inputs. */
  private void fill(Scope scope, GraphProto proto) {
    proto.initializers().forEach((name, tensor) -> scope.define(name, scope.builder.constant(name, tensor)));
    addNodes(scope, proto.nodes());
    for (ValueInfoProto output : proto.outputs()) {
      ValueId id = scope.names.get(output.name());
      if (id == null) {
        throw new InvalidGraphException(
            "graph output " + output.name() + ": not defined (expected: the output of a node)");
      }
      scope.builder.output(output.name(), id);
    }
  }

  private void addNodes(Scope scope, List<NodeProto> nodes) {
    for (NodeProto node : NodeOrder.sort(nodes)) {
      addNode(scope, node);
    }
  }

  private void addNode(Scope scope, NodeProto node) {
    if (++nodes > MOST_NODES) {
      throw new InvalidGraphException("nodes: more than " + MOST_NODES + " (expected: fewer, functions replaced by"
          + " their bodies)");
    }
    try {
      FunctionProto function =
          model.functions().get(new FunctionProto.Key(node.domain(), node.type(), node.overload()));
      if (function != null) {
        inline(scope, node, function);
      } else if (node.domain().isEmpty() && node.type().equals("Constant")) {
        addConstant(scope, node);
      } else if (!node.outputs().isEmpty()) {
        addOperator(scope, node);
      }
    } catch (SlipwayException e) {
      throw e instanceof Located ? e : new Located(scope, node, e);
    } catch (RuntimeException e) {
      throw new Located(scope, node, new SlipwayException("cannot be read: " + e, e));
    }
  }

  /** An error that names its node. */
  private static final class Located extends InvalidGraphException {
    private static final long serialVersionUID = 1;

    Located(Scope scope, NodeProto node, SlipwayException cause) {
      super(message(scope, node, cause.getMessage()), cause);
    }

    private static String message(Scope scope, NodeProto node, String cause) {
      // Type inference names the node itself.
      if (cause.startsWith("node ")) {
        return cause;
      }
      String name = !node.name().isEmpty() ? scope.prefix + node.name()
          : node.outputs().isEmpty() ? "without a name" : "that makes " + node.outputs().getFirst();
      return "node " + name + " (" + node.operator() + "): " + cause;
    }
  }

  private void addOperator(Scope scope, NodeProto node) {
    long opset = opset(scope, node);
    List<ValueId> inputs = new ArrayList<>();
    for (String input : node.inputs()) {
      inputs.add(scope.resolve(input));
    }
    List<String> captures = captures(scope, node);
    Attributes attributes = attributes(scope, node, inputs, captures);
    for (String capture : captures) {
      inputs.add(scope.resolve(capture));
    }
    if (countsCaptures(node)) {
      attributes = attributes.with(CAPTURES, captures.size());
    }
    String name = node.name().isEmpty() ? "" : scope.prefix + node.name();
    ImportedNode imported = new ImportedNode(name, node.type(), opset, inputs, node.outputs(), attributes);
    if (node.domain().isEmpty()) {
      String hint = name.isEmpty() ? scope.prefix + node.outputs().getFirst() : name;
      imported = OpsetUpgrade.upgrade(imported, new UpgradeContext(scope.builder, hint));
    }
    OpDefinition definition = Operators.find(node.domain(), imported.type()).orElseThrow(() -> unknown(node, opset));
    Op op = definition.create(imported.attributes());
    List<String> names = imported.outputs().stream().map(scope::outer).toList();
    List<ValueId> made = scope.builder.add(name, op, imported.inputs(), names);
    for (int i = 0; i < names.size(); i++) {
      if (!imported.outputs().get(i).isEmpty()) {
        scope.define(imported.outputs().get(i), made.get(i));
      }
    }
  }

  private static boolean countsCaptures(NodeProto node) {
    return !node.subgraphs().isEmpty() && Operators.find(node.domain(), node.type())
        .filter(definition -> definition.schema().attribute(CAPTURES).isPresent()).isPresent();
  }

  private long opset(Scope scope, NodeProto node) {
    Long opset = scope.opsets.getOrDefault(node.domain(), model.opsets().get(node.domain()));
    if (opset == null) {
      throw new InvalidGraphException("domain " + (node.domain().isEmpty() ? "ai.onnx" : node.domain())
          + ": not imported (expected: one of "
          + model.opsets().keySet().stream().map(known -> known.isEmpty() ? "ai.onnx" : known).sorted().toList() + ")");
    }
    return opset;
  }

  private static InvalidGraphException unknown(NodeProto node, long opset) {
    String domain = node.domain().isEmpty() ? "ai.onnx" : node.domain();
    return new InvalidGraphException("operator " + node.type() + " of domain " + domain + ", opset " + opset
        + ": unknown (expected: an operator that Slipway knows, one of a kernel provider, or a function of the model)");
  }

  private void addConstant(Scope scope, NodeProto node) {
    if (node.outputs().size() != 1) {
      throw new InvalidGraphException("outputs: " + node.outputs().size() + " (expected: 1)");
    }
    Attributes attributes = attributes(scope, node, List.of(), List.of());
    String output = node.outputs().getFirst();
    scope.define(output, scope.builder.constant(scope.outer(output), constant(attributes)));
  }

  private static Tensor constant(Attributes attributes) {
    if (attributes.values().size() != 1) {
      throw new InvalidGraphException("attributes: " + attributes.values().keySet() + " (expected: one value)");
    }
    Map.Entry<String, Object> only = attributes.values().entrySet().iterator().next();
    return switch (only.getKey()) {
      case "value", "sparse_value" -> attributes.tensor(only.getKey());
      case "value_float" -> Tensor.scalar(attributes.real("value_float"));
      case "value_int" -> Tensor.scalar(attributes.integer("value_int"));
      case "value_floats" -> {
        List<Float> values = attributes.reals("value_floats");
        Tensor tensor = Tensor.allocate(DType.FLOAT32, values.size());
        for (int i = 0; i < values.size(); i++) {
          tensor.setDouble(i, values.get(i));
        }
        yield tensor;
      }
      case "value_ints" ->
          Tensor.vector(attributes.integers("value_ints").stream().mapToLong(Long::longValue).toArray());
      case "value_string", "value_strings" -> throw new InvalidGraphException(
          "attribute " + only.getKey() + ": strings (expected: numbers; Slipway does not store strings)");
      default -> throw new InvalidGraphException("attribute " + only.getKey()
          + ": unknown (expected: value, sparse_value, value_float, value_floats, value_int or value_ints)");
    };
  }

  private Attributes attributes(Scope scope, NodeProto node, List<ValueId> inputs, List<String> captures) {
    Attributes attributes = Attributes.NONE;
    for (AttributeProto attribute : node.attributes()) {
      if (attributes.has(attribute.name())) {
        throw new InvalidGraphException("attribute " + attribute.name() + ": given twice (expected: once)");
      }
      Optional<Object> value = value(scope, attribute);
      if (value.isEmpty()) {
        continue;
      }
      Object converted = switch (value.get()) {
        case GraphProto graph -> subgraph(scope, node, graph, inputs, captures);
        case TypeProto type -> type.type((dim, axis) -> new InputSymbols(symbols).symbol("type", dim, axis));
        default -> value.get();
      };
      attributes = attributes.with(attribute.name(), converted);
    }
    return attributes;
  }

  /** The value, that of the call where it refers to one; empty where the call has none. */
  private static Optional<Object> value(Scope scope, AttributeProto attribute) {
    return attribute.reference().isEmpty()
        ? attribute.value()
        : Optional.ofNullable(scope.arguments.get(attribute.reference())).flatMap(AttributeProto::value);
  }

  /** What the subgraphs of a node take from outside and is no constant. */
  private static List<String> captures(Scope scope, NodeProto node) {
    List<String> captures = new ArrayList<>();
    for (String name : node.captures()) {
      ValueId id = scope.resolve(name);
      if (id.isPresent() && scope.builder.constant(id).isEmpty()) {
        captures.add(name);
      }
    }
    return captures;
  }

  /** A branch that cannot take the captured values may never run; it is then made for values of any shape. */
  private Graph subgraph(
      Scope outer, NodeProto node, GraphProto proto, List<ValueId> inputs, List<String> captures) {
    try {
      return subgraph(outer, node, proto, inputs, captures, UnaryOperator.identity());
    } catch (InvalidGraphException e) {
      if (!node.type().equals("If") || captures.isEmpty() || relaxed++ == MOST_RELAXED) {
        throw e;
      }
      return subgraph(outer, node, proto, inputs, captures, GraphImport::ofAnyShape);
    }
  }

  private static ValueType ofAnyShape(ValueType type) {
    return type instanceof TensorType tensor ? tensor.withShape(Shape.UNRANKED) : type;
  }

  private Graph subgraph(
      Scope outer,
      NodeProto node,
      GraphProto proto,
      List<ValueId> inputs,
      List<String> captures,
      UnaryOperator<ValueType> captureType) {
    GraphBuilder builder = new GraphBuilder(proto.name().isEmpty() ? node.type() + " body" : proto.name());
    Scope scope =
        new Scope(builder, new HashMap<>(), outer.opsets, outer.arguments, "", Map.of(), outer.depth);
    InputSymbols inputSymbols = new InputSymbols(symbols);
    for (int i = 0; i < proto.inputs().size(); i++) {
      ValueInfoProto input = proto.inputs().get(i);
      Optional<ValueType> hint = SubgraphInputs.type(node, i, inputs, outer.builder);
      scope.define(input.name(), builder.input(input.name(), inputType(input, inputSymbols, hint)));
    }
    for (String capture : captures) {
      // A name that the subgraph defines itself means another value inside; the capture keeps its place.
      String name = proto.free().contains(capture) ? capture : capture + "~outer";
      ValueId id = builder.input(name, captureType.apply(outer.builder.type(outer.resolve(capture))));
      if (name.equals(capture)) {
        scope.define(name, id);
      }
    }
    for (String name : proto.free()) {
      ValueId id = outer.resolve(name);
      if (!id.isPresent()) {
        scope.define(name, ValueId.ABSENT);
      }
      outer.builder.constant(id).ifPresent(tensor -> scope.define(name, builder.constant(name, tensor)));
    }
    fill(scope, proto);
    return builder.build();
  }

  private static ValueType inputType(ValueInfoProto input, InputSymbols inputSymbols, Optional<ValueType> hint) {
    if (input.type().isEmpty()) {
      return hint.orElseThrow(() -> new InvalidGraphException(
          "graph input " + input.name() + ": no type (expected: a declared type)"));
    }
    ValueType type = input.type().get().type((dim, axis) -> inputSymbols.symbol(input.name(), dim, axis));
    requireNoStrings(input.name(), type);
    return type;
  }

  private static void requireNoStrings(String input, ValueType type) {
    switch (type) {
      case TensorType tensor -> {
        if (tensor.dtype() == DType.STRING) {
          throw new InvalidGraphException("graph input " + input
              + ": element type: string (expected: a numeric type; Slipway does not store strings)");
        }
      }
      case ValueType.SequenceType sequence -> requireNoStrings(input, sequence.element());
      case ValueType.OptionalType optional -> requireNoStrings(input, optional.element());
    }
  }

  /** Puts the body of a function in the place of a call. */
  private void inline(Scope scope, NodeProto call, FunctionProto function) {
    if (scope.depth == DEEPEST) {
      throw new InvalidGraphException(
          "calls: nested deeper than " + DEEPEST + " (expected: no function that calls itself)");
    }
    if (call.inputs().size() > function.inputs().size() || call.outputs().size() > function.outputs().size()) {
      throw new InvalidGraphException("inputs and outputs: " + call.inputs().size() + " and " + call.outputs().size()
          + " (expected: at most " + function.inputs().size() + " and " + function.outputs().size() + ")");
    }
    Map<String, ValueId> names = new HashMap<>();
    for (int i = 0; i < function.inputs().size(); i++) {
      names.put(function.inputs().get(i),
          i < call.inputs().size() ? scope.resolve(call.inputs().get(i)) : ValueId.ABSENT);
    }
    String unnamed = call.outputs().isEmpty() ? call.type() : call.outputs().getFirst();
    String label = call.name().isEmpty() ? unnamed : call.name();
    Map<String, String> published = new HashMap<>();
    for (int i = 0; i < call.outputs().size(); i++) {
      published.put(function.outputs().get(i), scope.outer(call.outputs().get(i)));
    }
    Scope inner = new Scope(scope.builder, names, function.opsets(), arguments(scope, call, function),
        scope.prefix + label + "/", published, scope.depth + 1);
    addNodes(inner, function.nodes());
    for (int i = 0; i < call.outputs().size(); i++) {
      if (!call.outputs().get(i).isEmpty()) {
        scope.define(call.outputs().get(i), inner.resolve(function.outputs().get(i)));
      }
    }
  }

  private static Map<String, AttributeProto> arguments(Scope scope, NodeProto call, FunctionProto function) {
    Map<String, AttributeProto> arguments = new HashMap<>();
    for (AttributeProto attribute : function.defaults()) {
      arguments.put(attribute.name(), attribute);
    }
    for (AttributeProto attribute : call.attributes()) {
      if (!function.attributes().contains(attribute.name()) && !arguments.containsKey(attribute.name())) {
        throw new InvalidGraphException("attribute " + attribute.name()
            + ": unknown (expected: an attribute of function " + function.key().name() + ")");
      }
      value(scope, attribute).ifPresent(
          value -> arguments.put(attribute.name(), new AttributeProto(attribute.name(), Optional.of(value), "")));
    }
    return arguments;
  }
}
