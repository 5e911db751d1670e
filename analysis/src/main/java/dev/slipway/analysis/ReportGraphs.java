package dev.slipway.analysis;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.Port;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Fused;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes what the report shows of graphs that belong together, and shares what it says of their constants. */
final class ReportGraphs {
  /** Constants of so many elements are shown as they are. */
  private static final int SHOWN_ELEMENTS = 12;

  private static final int LONGEST_ATTRIBUTE = 200;

  private final List<Tensor> constants = new ArrayList<>();
  private final Map<Tensor, Integer> places = new IdentityHashMap<>();

  /** Statistics of the constants of all graphs so far, as {@link ReportGraph.Edge#weights} numbers them. */
  List<TensorStatistics> statistics() {
    return constants.parallelStream().map(TensorStatistics::of).toList();
  }

  /** What was measured of nodes, by their names. */
  record Measures(Map<String, Plan.Choice> choices, Map<String, LayerProfile> layers, Map<String, Double> errors) {
    static final Measures NONE = new Measures(Map.of(), Map.of(), Map.of());

    private Optional<String> tactic(String node) {
      return Optional.ofNullable(choices.get(node))
          .map(choice -> (choice.tactic() + " " + choice.tuning()).strip())
          .or(() -> layer(node).map(layer -> layer.work().tactic()));
    }

    private Optional<Double> millis(String node) {
      return layer(node).map(LayerProfile::millis)
          .or(() -> Optional.ofNullable(choices.get(node)).map(choice -> choice.micros() / 1e3))
          .filter(Double::isFinite);
    }

    private Optional<LayerProfile> layer(String node) {
      return Optional.ofNullable(layers.get(node));
    }
  }

  ReportGraph of(String title, String note, Graph graph, Measures measures) {
    Map<ValueId, Integer> tensors = new HashMap<>();
    List<ReportGraph.Edge> edges = new ArrayList<>();
    graph.inputs().forEach(id -> place(graph, id, -1, tensors, edges));
    List<ReportGraph.Vertex> vertices = new ArrayList<>();
    for (Node node : graph.nodes()) {
      node.inputs().stream().filter(ValueId::isPresent).forEach(id -> place(graph, id, -1, tensors, edges));
      node.outputs().stream().filter(ValueId::isPresent)
          .forEach(id -> place(graph, id, vertices.size(), tensors, edges));
      vertices.add(vertex(graph, node, tensors, measures));
    }
    Map<String, Integer> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, id) -> outputs.put(name, place(graph, id, -1, tensors, edges)));
    return new ReportGraph(title, note, vertices, edges, graph.inputs().stream().map(tensors::get).toList(), outputs,
        RepeatedBlocks.find(graph));
  }

  private int place(
      Graph graph, ValueId id, int producer, Map<ValueId, Integer> tensors, List<ReportGraph.Edge> edges) {
    return tensors.computeIfAbsent(id, key -> {
      edges.add(edge(graph, id, producer));
      return edges.size() - 1;
    });
  }

  private ReportGraph.Edge edge(Graph graph, ValueId id, int producer) {
    Optional<Tensor> constant = graph.constant(id);
    Optional<String> elements =
        constant.filter(tensor -> tensor.elementCount() <= SHOWN_ELEMENTS).map(ReportGraphs::text);
    Optional<Integer> weights = constant.filter(tensor -> elements.isEmpty()).map(this::placeOf);
    return new ReportGraph.Edge(graph.value(id).name(), graph.type(id).toString(), producer, weights, elements);
  }

  private int placeOf(Tensor constant) {
    return places.computeIfAbsent(constant, key -> {
      constants.add(key);
      return constants.size() - 1;
    });
  }

  private static String text(Tensor tensor) {
    boolean isReal = tensor.dtype().isFloat();
    return IntStream.range(0, (int) tensor.elementCount())
        .mapToObj(i -> isReal ? Float.toString((float) tensor.getDouble(i)) : Long.toString(tensor.getLong(i)))
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static ReportGraph.Vertex vertex(
      Graph graph, Node node, Map<ValueId, Integer> tensors, Measures measures) {
    OpSchema schema = node.op().schema();
    Cost cost = graph.cost(node);
    Optional<LayerProfile> layer = measures.layer(node.name());
    Optional<TensorType> result = graph.outputTypes(node).stream().findFirst();
    return new ReportGraph.Vertex(
        node.name(),
        OperatorKind.label(node.op()),
        OperatorKind.of(node.op()),
        attributes(node),
        ports(node.inputs(), tensors, schema.inputs()),
        ports(node.outputs(), tensors, schema.outputs()),
        members(node),
        result.map(ReportGraphs::shape).orElse(""),
        layer.map(own -> own.work().arithmetic()).or(() -> result.map(TensorType::dtype)).map(DType::label).orElse(""),
        number(cost.flops()),
        number(ModelCost.bytes(cost)),
        measures.tactic(node.name()),
        measures.millis(node.name()),
        layer.map(own -> 100 * own.share()),
        layer.map(LayerProfile::roofPercent).filter(Double::isFinite),
        layer.map(own -> own.roof().bound().label()),
        layer.filter(own -> own.work().executedFlops() > 0).map(LayerProfile::flopsPerSecond),
        Optional.ofNullable(measures.errors().get(node.name())).filter(Double::isFinite));
  }

  private static List<ReportGraph.Port> ports(List<ValueId> ids, Map<ValueId, Integer> tensors, List<Port> formal) {
    List<ReportGraph.Port> ports = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      if (ids.get(i).isPresent()) {
        ports.add(new ReportGraph.Port(portName(formal, i), tensors.get(ids.get(i))));
      }
    }
    return ports;
  }

  private static String portName(List<Port> formal, int index) {
    return index < formal.size() ? formal.get(index).name() : formal.isEmpty() ? "" : formal.getLast().name();
  }

  private static List<String> members(Node node) {
    return node.op() instanceof Fused(Graph body)
        ? body.nodes().stream().map(member -> member.name() + ": " + OperatorKind.label(member.op())).toList()
        : List.of();
  }

  private static Map<String, String> attributes(Node node) {
    Map<String, String> texts = new LinkedHashMap<>();
    if (node.op() instanceof Fused(Graph body)) {
      for (Node member : body.nodes()) {
        attributes(member).forEach((name, text) -> texts.putIfAbsent(name, text));
      }
      return texts;
    }
    Attributes attributes = node.op().attributes();
    attributes.values().forEach((name, value) -> texts.put(name, attribute(value)));
    return texts;
  }

  private static String attribute(Object value) {
    String text = switch (value) {
      case Tensor tensor -> tensor.elementCount() <= SHOWN_ELEMENTS ? text(tensor) : tensor.type().toString();
      case Graph body -> "graph of " + body.nodes().size() + " nodes: "
          + body.nodes().stream().map(node -> OperatorKind.label(node.op())).collect(Collectors.joining(", "));
      default -> value.toString();
    };
    return text.length() <= LONGEST_ATTRIBUTE ? text : text.substring(0, LONGEST_ATTRIBUTE) + " ...";
  }

  private static String shape(TensorType type) {
    if (!type.shape().ranked()) {
      return "?";
    }
    List<Dim> dims = type.shape().dims();
    boolean dropsBatch = dims.size() > 2 && dims.getFirst().is(1);
    StringJoiner text = new StringJoiner("×");
    dims.subList(dropsBatch ? 1 : 0, dims.size()).forEach(dim -> text.add(dim.toString()));
    return dims.isEmpty() ? "scalar" : text.toString();
  }

  /** A number, or an expression as text. */
  static Object number(Dim dim) {
    return dim instanceof Dim.Known(long size) ? size : dim.toString();
  }
}
