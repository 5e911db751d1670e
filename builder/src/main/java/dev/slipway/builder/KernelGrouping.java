package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Split;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Groups nodes that one kernel computes: an operator and the elementwise operators behind it, or elementwise operators
 * alone, or a Split and the operator that reads its parts. A group has one output and grows as long as some tactic
 * takes it.
 */
final class KernelGrouping {
  private static final int LONGEST_GROUP = 24;

  private final Graph graph;
  private final Backend backend;
  private final ShapesAtOpt shapes;
  private final Reasons reasons;
  private final Set<String> grouped = new HashSet<>();
  private final Map<String, Group> byLastNode = new HashMap<>();
  private final Map<String, Integer> positions = new HashMap<>();

  /** Nodes in topological order; the last one's output is the group's. */
  private record Group(List<Node> nodes) {
    ValueId output() {
      return nodes.getLast().output();
    }
  }

  private KernelGrouping(Graph graph, Backend backend, ShapesAtOpt shapes, Reasons reasons) {
    this.graph = graph;
    this.backend = backend;
    this.shapes = shapes;
    this.reasons = reasons;
    for (int i = 0; i < graph.nodes().size(); i++) {
      positions.put(graph.nodes().get(i).name(), i);
    }
  }

  /** The graph with groups in place of their nodes. */
  static Graph group(Graph graph, Backend backend, ShapesAtOpt shapes, Reasons reasons) {
    KernelGrouping grouping = new KernelGrouping(graph, backend, shapes, reasons);
    // Operators that compute take what follows them first; elementwise operators form groups of what is left.
    for (Node node : graph.nodes()) {
      if (!(node.op() instanceof Elementwise)) {
        grouping.grow(node);
      }
    }
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Elementwise && !grouping.grouped.contains(node.name())) {
        grouping.grow(node);
      }
    }
    return grouping.rebuild();
  }

  private void grow(Node start) {
    if (start.outputs().size() != 1 || shapes.type(start.output()).isEmpty() || !isTaken(start)) {
      return;
    }
    Optional<Group> reader = withSplit(start).filter(this::isTaken);
    if (reader.isPresent()) {
      keep(reader.get());
      return;
    }
    LinkedHashSet<Node> members = new LinkedHashSet<>(List.of(start));
    Optional<Group> best = Optional.empty();
    while (members.size() < LONGEST_GROUP) {
      Optional<Node> next = next(members, start.output());
      if (next.isEmpty()) {
        break;
      }
      members.add(next.get());
      Optional<Group> candidate = closed(members);
      if (candidate.isEmpty()) {
        continue;
      }
      if (!isTaken(candidate.get())) {
        break;
      }
      best = candidate;
    }
    best.ifPresent(this::keep);
  }

  private void keep(Group group) {
    group.nodes().forEach(node -> grouped.add(node.name()));
    byLastNode.put(group.nodes().getLast().name(), group);
  }

  /** The operator together with the Split of which it alone reads parts, two at least. */
  private Optional<Group> withSplit(Node reader) {
    Optional<Node> split = reader.hasInput(0) ? graph.producer(reader.input(0)) : Optional.empty();
    if (split.isEmpty() || !(split.get().op() instanceof Split) || split.get().outputs().size() < 2) {
      return Optional.empty();
    }
    boolean readsAll = split.get().outputs().stream()
        .allMatch(part -> part.isPresent()
            && !graph.isOutput(part)
            && graph.consumers(part).stream().distinct().toList().equals(List.of(reader)));
    return readsAll ? Optional.of(new Group(List.of(split.get(), reader))) : Optional.empty();
  }

  private boolean isTaken(Node node) {
    return shapes.request(node, backend.device()).map(this::isTaken).orElse(false);
  }

  private boolean isTaken(KernelRequest request) {
    return backend.tactics().stream().anyMatch(tactic -> tactic.supports(request) instanceof Support.Supported);
  }

  private boolean isTaken(Group group) {
    TensorType output = shapes.type(group.output()).orElseThrow();
    Optional<KernelRequest> request =
        shapes.request(new Fused(body(group)), externalInputs(group), output, backend.device());
    if (request.isEmpty() || !isTaken(request.get())) {
      reasons.add(group.nodes().getLast().name(), "not fused with " + group.nodes().getFirst().name()
          + ": no tactic of " + backend.name() + " takes the group");
      return false;
    }
    return true;
  }

  /** An elementwise reader of a member that gives the same shape, the first in the graph's order. */
  private Optional<Node> next(Set<Node> members, ValueId anchor) {
    Node first = null;
    for (Node member : members) {
      for (Node reader : graph.consumers(member.output())) {
        if (!members.contains(reader) && fits(reader, anchor)
            && (first == null || positions.get(reader.name()) < positions.get(first.name()))) {
          first = reader;
        }
      }
    }
    return Optional.ofNullable(first);
  }

  private boolean fits(Node reader, ValueId anchor) {
    if (!(reader.op() instanceof Elementwise) || grouped.contains(reader.name())) {
      return false;
    }
    if (!graph.type(reader.output()).equals(graph.type(anchor))) {
      reasons.add(reader.name(), "not fused with its producer: its output " + graph.type(reader.output())
          + " has another type than " + graph.type(anchor));
      return false;
    }
    return true;
  }

  /** The members as a group, if only the last one's output is read from outside. */
  private Optional<Group> closed(Set<Node> members) {
    List<Node> sorted = new ArrayList<>(members);
    sorted.sort(Comparator.comparing(node -> positions.get(node.name())));
    for (Node node : sorted) {
      boolean isLast = node == sorted.getLast();
      boolean isRead = graph.isOutput(node.output())
          || graph.consumers(node.output()).stream().anyMatch(reader -> !members.contains(reader));
      if (isRead && !isLast) {
        return Optional.empty();
      }
    }
    return Optional.of(new Group(sorted));
  }

  /** Values that the group reads and does not make; constants of one element go into the body. */
  private List<ValueId> externalInputs(Group group) {
    Set<ValueId> made = new HashSet<>();
    Set<ValueId> read = new LinkedHashSet<>();
    for (Node node : group.nodes()) {
      for (ValueId id : node.inputs()) {
        if (id.isPresent() && !made.contains(id) && !isInBody(node, id)) {
          read.add(id);
        }
      }
      made.addAll(node.outputs());
    }
    return List.copyOf(read);
  }

  private boolean isInBody(Node node, ValueId id) {
    return node.op() instanceof Elementwise
        && graph.constant(id).isPresent()
        && graph.constant(id).get().elementCount() == 1;
  }

  private Graph body(Group group) {
    GraphBuilder body = new GraphBuilder("body");
    Map<ValueId, ValueId> renamed = new HashMap<>();
    renamed.put(ValueId.ABSENT, ValueId.ABSENT);
    for (ValueId id : externalInputs(group)) {
      renamed.put(id, body.input(graph.value(id).name(), graph.type(id)));
    }
    for (Node node : group.nodes()) {
      for (ValueId id : node.inputs()) {
        if (!renamed.containsKey(id)) {
          renamed.put(id, body.constant(graph.value(id).name(), graph.constant(id).orElseThrow()));
        }
      }
      List<ValueId> made = body.add(
          node.name(),
          node.op(),
          node.inputs().stream().map(renamed::get).toList(),
          node.outputs().stream().map(id -> graph.value(id).name()).toList());
      for (int i = 0; i < made.size(); i++) {
        renamed.put(node.output(i), made.get(i));
      }
    }
    return body.output(graph.value(group.output()).name(), renamed.get(group.output())).build();
  }

  private Graph rebuild() {
    GraphCopy copy = new GraphCopy(graph);
    for (Node node : graph.nodes()) {
      if (byLastNode.containsKey(node.name())) {
        Group group = byLastNode.get(node.name());
        String name = group.nodes().stream().map(Node::name).collect(Collectors.joining("+"));
        copy.add(name, new Fused(body(group)), externalInputs(group), List.of(group.output()));
      } else if (!grouped.contains(node.name())) {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
      }
    }
    return copy.build().withoutDeadCode();
  }
}
