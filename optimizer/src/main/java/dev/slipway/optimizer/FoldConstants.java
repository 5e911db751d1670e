package dev.slipway.optimizer;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes what depends on constants alone, and the shapes that type inference knows. Quantised weights stay as they
 * are: DequantizeLinear is not computed.
 */
public final class FoldConstants implements Pass {
  /** Results may always be this large; larger ones only where they are not larger than what they are computed from. */
  private static final long SMALL = 1 << 16;

  @Override
  public Optional<GraphPatch> next(PassContext context, Graph graph) {
    return sweep(context, graph).stream().findFirst();
  }

  @Override
  public List<GraphPatch> sweep(PassContext context, Graph graph) {
    Map<ValueId, Tensor> folded = new HashMap<>();
    List<Node> foldedNodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      List<Optional<Tensor>> results = fold(context, graph, node, folded);
      for (int i = 0; i < results.size(); i++) {
        int output = i;
        results.get(i).ifPresent(tensor -> folded.put(node.output(output), tensor));
      }
      if (!results.isEmpty()) {
        foldedNodes.add(node);
      }
    }
    List<GraphPatch> patches = new ArrayList<>();
    for (Node node : foldedNodes) {
      patch(graph, node, folded).ifPresent(patches::add);
    }
    return patches;
  }

  /** The outputs of a node that can be computed now, an empty list where none can. */
  private static List<Optional<Tensor>> fold(
      PassContext context, Graph graph, Node node, Map<ValueId, Tensor> folded) {
    Optional<Tensor> shape = knownDims(graph, node);
    if (shape.isPresent()) {
      return List.of(shape);
    }
    if (node.op() instanceof DequantizeLinear || !node.op().isDeterministic()) {
      return List.of();
    }
    List<Optional<Datum>> arguments = new ArrayList<>();
    long elements = 0;
    for (ValueId id : node.inputs()) {
      Tensor tensor = folded.containsKey(id) ? folded.get(id) : graph.constant(id).orElse(null);
      if (id.isPresent() && tensor == null) {
        return List.of();
      }
      arguments.add(Optional.ofNullable(tensor));
      elements += tensor == null ? 0 : tensor.elementCount();
    }
    return isTooLarge(graph, node, Math.max(SMALL, elements))
        ? tooLarge(context, node)
        : evaluate(context, node, arguments);
  }

  private static List<Optional<Tensor>> tooLarge(PassContext context, Node node) {
    context.refuse(node, "the result would be larger than its inputs and " + SMALL + " elements");
    return List.of();
  }

  private static Optional<Tensor> knownDims(Graph graph, Node node) {
    if (node.outputs().size() != 1 || !(graph.type(node.output()) instanceof TensorType type)) {
      return Optional.empty();
    }
    return graph.dims(node.output()).flatMap(DimVector::known).map(values -> {
      long[] dims = graph.dims(node.output()).get().scalar() ? new long[0] : new long[] {values.length};
      Tensor tensor = Tensor.allocate(TensorType.of(type.dtype(), dims));
      tensor.set(values);
      return tensor;
    });
  }

  private static boolean isTooLarge(Graph graph, Node node, long limit) {
    return node.outputs().stream()
        .filter(ValueId::isPresent)
        .anyMatch(id -> graph.type(id) instanceof TensorType type
            && type.shape().isKnown()
            && type.shape().elementCount() > limit);
  }

  private static List<Optional<Tensor>> evaluate(PassContext context, Node node, List<Optional<Datum>> arguments) {
    List<Boolean> wanted = node.outputs().stream().map(ValueId::isPresent).toList();
    List<Optional<Datum>> results;
    try {
      results = new Interpreter().evaluate(node.name(), node.op(), arguments, wanted);
    } catch (SlipwayException e) {
      context.refuse(node, "it cannot be computed: " + e.getMessage());
      return List.of();
    }
    boolean allTensors = results.stream().flatMap(Optional::stream).allMatch(Tensor.class::isInstance);
    return allTensors ? results.stream().map(result -> result.map(Tensor.class::cast)).toList() : List.of();
  }

  /** Constants for the outputs that nodes which are not folded, or nobody but the caller, read. */
  private static Optional<GraphPatch> patch(Graph graph, Node node, Map<ValueId, Tensor> folded) {
    List<ValueId> needed = node.outputs().stream()
        .filter(folded::containsKey)
        .filter(id -> graph.isOutput(id) || graph.consumers(id).stream().anyMatch(reader -> !isFolded(reader, folded)))
        .toList();
    if (needed.isEmpty()) {
      return Optional.empty();
    }
    boolean fromShape = graph.dims(node.output()).flatMap(DimVector::known).isPresent();
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "folded " + node.name() + ": " + (fromShape ? "its value is a known shape" : "its inputs are constant"));
    for (ValueId id : needed) {
      patch.replace(id, patch.constant(graph.value(id).name() + ".folded", folded.get(id)));
    }
    return Optional.of(patch.build());
  }

  private static boolean isFolded(Node node, Map<ValueId, Tensor> folded) {
    return node.outputs().stream().filter(ValueId::isPresent).allMatch(folded::containsKey);
  }
}
