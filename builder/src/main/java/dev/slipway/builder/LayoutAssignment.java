package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Reorder;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Split;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives every value a layout and puts reorders where layouts meet: nodes that compute best on blocked activations get
 * them, nodes between them that can follow do, everything else is contiguous. Each value is reordered at most once.
 */
final class LayoutAssignment {
  private final Graph graph;
  private final Backend backend;
  private final ShapesAtOpt shapes;
  private final Reasons reasons;
  private final Set<String> contiguous;
  private final GraphCopy copy;
  /** The layout that each value of the original has where it is made. */
  private final Map<ValueId, Layout> layouts = new HashMap<>();
  private final Map<ValueId, ValueId> reordered = new HashMap<>();

  /** Layouts of a node's inputs that are there, and of its outputs. */
  private record Assignment(List<Layout> inputs, Layout output) {}

  private LayoutAssignment(
      Graph graph, Backend backend, ShapesAtOpt shapes, Reasons reasons, Set<String> contiguous) {
    this.contiguous = contiguous;
    this.graph = graph;
    this.backend = backend;
    this.shapes = shapes;
    this.reasons = reasons;
    this.copy = new GraphCopy(graph);
  }

  static Graph assign(Graph graph, Backend backend, ShapesAtOpt shapes, Reasons reasons) {
    return assign(graph, backend, shapes, reasons, Set.of());
  }

  /**
   * The same but for nodes that keep contiguous activations.
   *
   * @param contiguous names of nodes
   */
  static Graph assign(Graph graph, Backend backend, ShapesAtOpt shapes, Reasons reasons, Set<String> contiguous) {
    return new LayoutAssignment(graph, backend, shapes, reasons, contiguous).run();
  }

  private Graph run() {
    for (Node node : graph.nodes()) {
      place(node, choose(node));
    }
    for (ValueId output : graph.outputs().values()) {
      if (layout(output) != Layout.CONTIGUOUS) {
        copy.replace(output, in(output, Layout.CONTIGUOUS, "graph output " + graph.value(output).name()));
      }
    }
    return copy.build();
  }

  private Layout layout(ValueId id) {
    return layouts.getOrDefault(id, Layout.CONTIGUOUS);
  }

  private Assignment choose(Node node) {
    if (contiguous.contains(node.name())) {
      reasons.add(node.name(), "stays contiguous: its neighbourhood was measured to be faster so");
      return uniform(node, Layout.CONTIGUOUS);
    }
    Optional<KernelRequest> request = shapes.request(node, backend.device());
    if (request.isEmpty()) {
      return uniform(node, Layout.CONTIGUOUS);
    }
    KernelRequest plain = request.get();
    Optional<Layout> preferred = backend.preferredLayout(node.op(), plain.inputTypes(), plain.outputs());
    if (preferred.isPresent()) {
      for (Assignment candidate : preferring(node, preferred.get())) {
        if (isTaken(plain, candidate)) {
          return candidate;
        }
      }
      reasons.add(node.name(), "stays contiguous: no tactic takes it in layout " + preferred.get());
      return uniform(node, Layout.CONTIGUOUS);
    }
    for (ValueId id : node.inputs()) {
      if (id.isPresent() && layout(id) != Layout.CONTIGUOUS) {
        return follow(node, plain, layout(id));
      }
    }
    return uniform(node, Layout.CONTIGUOUS);
  }

  /** What becomes of a node that has no layout of its own and reads a blocked value. */
  private Assignment follow(Node node, KernelRequest plain, Layout layout) {
    Assignment through = uniform(node, layout);
    if (isTaken(plain, through)) {
      if (!movesOnly(node) || isReadIn(node, layout)) {
        return through;
      }
      reasons.add(node.name(), "needs its input reordered: whoever reads its output wants it contiguous");
      return uniform(node, Layout.CONTIGUOUS);
    }
    Assignment back = new Assignment(through.inputs(), Layout.CONTIGUOUS);
    if (isTaken(plain, back)) {
      return back;
    }
    reasons.add(node.name(), "needs its input reordered: no tactic takes it in layout " + layout);
    return uniform(node, Layout.CONTIGUOUS);
  }

  /** Operators that cost as much as the reorder that they put off. */
  private static boolean movesOnly(Node node) {
    return node.op() instanceof Concat || node.op() instanceof Slice || node.op() instanceof Split;
  }

  /** Whether some reader of a node would take its output in a layout. */
  private boolean isReadIn(Node node, Layout layout) {
    return node.outputs().stream()
        .filter(ValueId::isPresent)
        .flatMap(id -> graph.consumers(id).stream())
        .anyMatch(reader -> takes(reader, layout));
  }

  private boolean takes(Node reader, Layout layout) {
    Optional<KernelRequest> request = shapes.request(reader, backend.device());
    if (request.isEmpty()) {
      return false;
    }
    KernelRequest plain = request.get();
    Assignment through = uniform(reader, layout);
    return backend.preferredLayout(reader.op(), plain.inputTypes(), plain.outputs()).isPresent()
        || isTaken(plain, through)
        || isTaken(plain, new Assignment(through.inputs(), Layout.CONTIGUOUS));
  }

  /** Best first: inputs as they are, then everything blocked. */
  private List<Assignment> preferring(Node node, Layout preferred) {
    List<Layout> asTheyAre = new ArrayList<>();
    for (ValueId id : node.inputs()) {
      asTheyAre.add(isBlockable(id, node) ? layout(id) : Layout.CONTIGUOUS);
    }
    return List.of(new Assignment(asTheyAre, preferred), uniform(node, preferred));
  }

  private Assignment uniform(Node node, Layout layout) {
    List<Layout> inputs = new ArrayList<>();
    for (ValueId id : node.inputs()) {
      inputs.add(isBlockable(id, node) ? layout : Layout.CONTIGUOUS);
    }
    return new Assignment(inputs, layout);
  }

  /** Activations of the output's rank have a channel axis to block; constants and vectors do not. */
  private boolean isBlockable(ValueId id, Node node) {
    if (!id.isPresent() || graph.constant(id).isPresent()) {
      return false;
    }
    Optional<TensorType> type = shapes.type(id);
    Optional<TensorType> output = shapes.type(node.output());
    return type.isPresent() && output.isPresent() && type.get().shape().rank() >= 3
        && type.get().shape().rank() == output.get().shape().rank()
        && (type.get().dtype() == output.get().dtype() || isQuantized(type.get(), output.get()));
  }

  /** Whether one is of bytes and the other of what they stand for. */
  private static boolean isQuantized(TensorType a, TensorType b) {
    return a.dtype() == DType.UINT8 && b.dtype() == DType.FLOAT32
        || a.dtype() == DType.FLOAT32 && b.dtype() == DType.UINT8;
  }

  private boolean isTaken(KernelRequest plain, Assignment assignment) {
    List<KernelRequest.Argument> inputs = new ArrayList<>();
    for (int i = 0; i < plain.inputs().size(); i++) {
      KernelRequest.Argument argument = plain.inputs().get(i);
      Layout layout = assignment.inputs().get(i);
      inputs.add(new KernelRequest.Argument(
          argument.type().map(type -> type.withLayout(layout)), argument.constant()));
    }
    List<TensorType> outputs =
        plain.outputs().stream().map(type -> type.withLayout(layout(type, assignment))).toList();
    KernelRequest request = new KernelRequest(plain.op(), inputs, outputs, plain.device());
    return backend.tactics().stream().anyMatch(tactic -> tactic.supports(request) instanceof Support.Supported);
  }

  /** Further outputs that are numbers, such as a scale, have no channels. */
  private static Layout layout(TensorType output, Assignment assignment) {
    return output.shape().ranked() && output.shape().rank() < 2 ? Layout.CONTIGUOUS : assignment.output();
  }

  private void place(Node node, Assignment assignment) {
    List<ValueId> inputs = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      ValueId id = node.inputs().get(i);
      inputs.add(id.isPresent() ? in(id, assignment.inputs().get(i), node.name()) : ValueId.ABSENT);
    }
    copy.addCopied(node.name(), node.op(), inputs, node.outputs());
    for (ValueId id : node.outputs()) {
      if (id.isPresent() && graph.type(id) instanceof TensorType type) {
        layouts.put(id, layout(type, assignment));
        copy.layout(copy.of(id), layout(type, assignment));
      }
    }
  }

  /** A value in a layout: itself, or its only reordered copy. */
  private ValueId in(ValueId id, Layout wanted, String reader) {
    if (layout(id).equals(wanted)) {
      return copy.of(id);
    }
    return reordered.computeIfAbsent(id, value -> {
      String name = "Reorder_" + graph.value(value).name();
      ValueId made = copy.addNew(name, new Reorder(wanted), copy.of(value));
      copy.layout(made, wanted);
      reasons.add(name, "kept: " + reader + " reads layout " + wanted + ", " + graph.value(value).name()
          + " is made in " + layout(value));
      return made;
    });
  }
}
