package dev.slipway.onnx;

import dev.slipway.graph.AttributeSpec;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns a graph into the messages of a model: captured values become names of outer graphs again. */
final class GraphExport {
  private static final Set<String> MODEL_FIELDS =
      Set.of("producer_name", "producer_version", "domain", "model_version", "doc_string", "ir_version", "opset");

  private final ExternalData external;
  private final Set<String> used = new HashSet<>();
  private int madeNodes;

  GraphExport(ExternalData external) {
    this.external = external;
  }

  /** Names of one graph's values, and the constants of it and the graphs around it. */
  private record Names(Map<ValueId, String> values, Map<Tensor, String> constants) {}

  /** The ModelProto. */
  WireWriter model(Graph graph) {
    Map<String, Long> opsets = OpsetNeed.of(graph);
    Map<String, String> metadata = graph.metadata();
    WireWriter model = new WireWriter()
        .varint(1, OpsetNeed.irVersion(opsets.get("")))
        .string(2, metadata.getOrDefault("producer_name", "slipway"))
        .optionalString(3, metadata.getOrDefault("producer_version", ""))
        .optionalString(4, metadata.getOrDefault("domain", ""));
    modelVersion(metadata).ifPresent(version -> model.varint(5, version));
    model.optionalString(6, metadata.getOrDefault("doc_string", ""));
    model.message(7, mainGraph(graph));
    opsets.forEach((domain, version) ->
        model.message(8, new WireWriter().string(1, domain).varint(2, version)));
    metadata.forEach((key, text) -> {
      if (!MODEL_FIELDS.contains(key)) {
        model.message(14, new WireWriter().string(1, key).string(2, text));
      }
    });
    return model;
  }

  private static Optional<Long> modelVersion(Map<String, String> metadata) {
    try {
      return Optional.ofNullable(metadata.get("model_version")).map(Long::valueOf);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private WireWriter mainGraph(Graph graph) {
    Names names = new Names(new HashMap<>(), new HashMap<>());
    for (ValueId input : graph.inputs()) {
      names.values.put(input, unique(graph.value(input).name()));
    }
    used.addAll(graph.outputs().keySet());
    WireWriter out = new WireWriter();
    for (ValueId input : graph.inputs()) {
      out.message(11, valueInfo(names.values.get(input), graph.type(input)));
    }
    shareConstants(graph, names, out);
    return body(graph, names, graph.outputs(), out);
  }

  /** Constants that several subgraphs have are written once, around all of them. */
  private void shareConstants(Graph graph, Names names, WireWriter out) {
    Map<Tensor, List<String>> found = new LinkedHashMap<>();
    collectSubgraphConstants(graph, found);
    found.forEach((tensor, wanted) -> {
      if (wanted.size() > 1) {
        String name = unique(wanted.getFirst());
        names.constants.put(tensor, name);
        out.message(5, tensor(name, tensor));
      }
    });
  }

  private static void collectSubgraphConstants(Graph graph, Map<Tensor, List<String>> found) {
    for (Node node : graph.nodes()) {
      for (Graph subgraph : node.op().subgraphs()) {
        subgraph.constants().forEach((id, tensor) ->
            found.computeIfAbsent(tensor, key -> new ArrayList<>()).add(subgraph.value(id).name()));
        collectSubgraphConstants(subgraph, found);
      }
    }
  }

  /** A subgraph whose last inputs are captured values of these outer names. */
  private WireWriter subgraph(Graph graph, Names outer, List<String> captured) {
    Names names = new Names(new HashMap<>(), new HashMap<>(outer.constants));
    int formal = graph.inputs().size() - captured.size();
    WireWriter out = new WireWriter();
    for (int i = 0; i < graph.inputs().size(); i++) {
      ValueId input = graph.inputs().get(i);
      if (i < formal) {
        names.values.put(input, unique(graph.value(input).name()));
        out.message(11, valueInfo(names.values.get(input), graph.type(input)));
      } else {
        names.values.put(input, captured.get(i - formal));
      }
    }
    Map<String, ValueId> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, id) -> outputs.put(unique(name), id));
    return body(graph, names, outputs, out);
  }

  /**
   * Adds everything but the inputs. A value that a node produces takes the name of the output that it is; an output
   * that is an input, a constant or a second name gets an Identity.
   */
  private WireWriter body(Graph graph, Names names, Map<String, ValueId> outputs, WireWriter out) {
    outputs.forEach((name, id) -> {
      if (graph.producer(id).isPresent()) {
        names.values.putIfAbsent(id, name);
      }
    });
    addConstants(graph, names, out);
    for (Node node : graph.nodes()) {
      for (ValueId output : node.outputs()) {
        if (output.isPresent() && !names.values.containsKey(output)) {
          names.values.put(output, unique(graph.value(output).name()));
        }
      }
      out.message(1, node(node, names));
    }
    outputs.forEach((name, id) -> {
      if (!name.equals(names.values.get(id))) {
        out.message(1, new WireWriter().string(1, names.values.get(id)).string(2, name)
            .string(3, "Identity~" + madeNodes++).string(4, "Identity"));
      }
    });
    outputs.forEach((name, id) -> out.message(12, valueInfo(name, graph.type(id))));
    return out.string(2, graph.name());
  }

  private void addConstants(Graph graph, Names names, WireWriter out) {
    Set<ValueId> read = new HashSet<>(graph.outputs().values());
    graph.nodes().forEach(node -> read.addAll(node.inputs()));
    graph.constants().forEach((id, tensor) -> {
      if (!read.contains(id)) {
        return;
      }
      String known = names.constants.get(tensor);
      if (known != null) {
        names.values.put(id, known);
        return;
      }
      String name = unique(graph.value(id).name());
      names.values.put(id, name);
      names.constants.put(tensor, name);
      out.message(5, tensor(name, tensor));
    });
  }

  private WireWriter node(Node node, Names names) {
    OpSchema schema = node.op().schema();
    if (schema.domain().equals("slipway")) {
      throw new InvalidGraphException("node " + node.name() + ": operator " + schema.qualifiedName()
          + " (expected: an operator of ONNX; write the graph before it is lowered)");
    }
    int captures = captures(node);
    int formal = node.inputs().size() - captures;
    WireWriter out = new WireWriter();
    for (String input : trimmed(node.inputs().subList(0, formal), names)) {
      out.string(1, input);
    }
    for (String output : trimmed(node.outputs(), names)) {
      out.string(2, output);
    }
    out.string(3, node.name()).string(4, schema.name());
    List<String> captured =
        node.inputs().subList(formal, node.inputs().size()).stream().map(names.values::get).toList();
    node.op().attributes().values().forEach((name, value) -> {
      AttributeSpec spec = schema.attribute(name).orElseThrow();
      if (!name.equals("captures") && !spec.defaultValue().equals(Optional.of(value))) {
        out.message(5, attribute(spec, value, names, captured));
      }
    });
    return out.optionalString(7, schema.domain());
  }

  /** How many of the last inputs are values that the subgraphs capture. */
  private static int captures(Node node) {
    Op op = node.op();
    if (op.subgraphs().isEmpty()) {
      return 0;
    }
    return op.schema().attribute("captures").isPresent()
        ? (int) op.attributes().integer("captures", 0)
        : node.inputs().size() - op.schema().inputs().size() + 1;
  }

  private static List<String> trimmed(List<ValueId> ids, Names names) {
    List<String> texts = new ArrayList<>();
    for (ValueId id : ids) {
      texts.add(id.isPresent() ? names.values.get(id) : "");
    }
    while (!texts.isEmpty() && texts.getLast().isEmpty()) {
      texts.removeLast();
    }
    return texts;
  }

  private WireWriter attribute(AttributeSpec spec, Object value, Names names, List<String> captured) {
    WireWriter out = new WireWriter().string(1, spec.name());
    switch (spec.kind()) {
      case FLOAT -> out.fixed32(2, (Float) value).varint(20, 1);
      case INT -> out.varint(3, (Long) value).varint(20, 2);
      case STRING -> out.string(4, (String) value).varint(20, 3);
      case TENSOR -> out.message(5, tensor("", (Tensor) value)).varint(20, 4);
      case GRAPH -> out.message(6, subgraph((Graph) value, names, captured)).varint(20, 5);
      case FLOATS -> {
        ((List<?>) value).forEach(element -> out.fixed32(7, (Float) element));
        out.varint(20, 6);
      }
      case INTS -> {
        ((List<?>) value).forEach(element -> out.varint(8, (Long) element));
        out.varint(20, 7);
      }
      case STRINGS -> {
        ((List<?>) value).forEach(element -> out.string(9, (String) element));
        out.varint(20, 8);
      }
      case TENSORS -> {
        ((List<?>) value).forEach(element -> out.message(10, tensor("", (Tensor) element)));
        out.varint(20, 9);
      }
      case TYPE -> out.message(14, type((ValueType) value)).varint(20, 13);
    }
    return out;
  }

  private WireWriter tensor(String name, Tensor tensor) {
    WireWriter out = TensorProto.withoutData(name, tensor.type());
    MemorySegment data = tensor.data().asSlice(0, tensor.type().bytes());
    return name.isEmpty() || !external.takes(data) ? out.bytes(9, data) : external.add(data, out);
  }

  private static WireWriter valueInfo(String name, ValueType type) {
    return new WireWriter().string(1, name).message(2, type(type));
  }

  private static WireWriter type(ValueType type) {
    return switch (type) {
      case TensorType tensor -> new WireWriter().message(1, tensorType(tensor));
      case ValueType.SequenceType(ValueType element) ->
          new WireWriter().message(4, new WireWriter().message(1, type(element)));
      case ValueType.OptionalType(ValueType element) ->
          new WireWriter().message(9, new WireWriter().message(1, type(element)));
    };
  }

  private static WireWriter tensorType(TensorType type) {
    WireWriter out = new WireWriter().varint(1, type.dtype().code());
    if (!type.shape().ranked()) {
      return out;
    }
    WireWriter shape = new WireWriter();
    for (Dim dim : type.shape().dims()) {
      shape.message(1, switch (dim) {
        case Dim.Known(long size) -> new WireWriter().varint(1, size);
        case Dim.Symbol(String name) when !name.startsWith("?") -> new WireWriter().string(2, name);
        case Dim.Symbol _, Dim.Polynomial _, Dim.FloorDiv _, Dim.Max _, Dim.Min _ -> new WireWriter();
      });
    }
    return out.message(2, shape);
  }

  private String unique(String wanted) {
    String name = wanted;
    for (int i = 1; !used.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }
}
