package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Moves transpositions behind elementwise operators, towards others that undo them. Every input must be transposed
 * the same way or be a constant.
 */
public final class SinkTransposes implements RewriteRule<Elementwise> {
  @Override
  public Class<Elementwise> anchor() {
    return Elementwise.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Elementwise op) {
    if (node.outputs().size() != 1) {
      return Optional.empty();
    }
    Node transpose = node.inputs().stream()
        .flatMap(id -> Patterns.producer(graph, id, Transpose.class).stream())
        .findFirst()
        .orElse(null);
    if (transpose == null || !graph.shape(transpose.input(0)).ranked()) {
      return Optional.empty();
    }
    int rank = graph.shape(transpose.input(0)).rank();
    if (!graph.shape(node.output()).ranked() || graph.shape(node.output()).rank() != rank) {
      return context.refuse(node, "it broadcasts to another rank than its transposed input has");
    }
    int[] order = ((Transpose) transpose.op()).order(rank);
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "moved " + transpose.name() + " behind " + node.name() + ": elementwise");
    List<ValueId> inputs = new ArrayList<>();
    for (ValueId id : node.inputs()) {
      Optional<ValueId> source = source(graph, id, order, patch);
      if (source.isEmpty()) {
        return context.refuse(node, "its inputs are not all transposed the same way");
      }
      inputs.add(source.get());
    }
    patch.reuseName(node);
    ValueId result = patch.add(node.name(), op, inputs, 1).getFirst();
    ValueId behind = patch.add(transpose.name(), transpose.op(), result);
    return Optional.of(patch.replace(node.output(), behind).build());
  }

  /** What an input is before its transposition. */
  private static Optional<ValueId> source(Graph graph, ValueId id, int[] order, GraphPatch.Builder patch) {
    if (!id.isPresent()) {
      return Optional.of(id);
    }
    Optional<Tensor> constant = graph.constant(id);
    if (constant.isPresent()) {
      return constant.get().elementCount() == 1 && constant.get().rank() <= order.length
          ? Optional.of(id)
          : constant(graph, id, constant.get(), order, patch);
    }
    Optional<Node> transpose = Patterns.producer(graph, id, Transpose.class);
    if (transpose.isEmpty() || !Patterns.readOnce(graph, id)) {
      return Optional.empty();
    }
    int[] other = ((Transpose) transpose.get().op()).order(order.length);
    return Arrays.equals(order, other) ? Optional.of(transpose.get().input(0)) : Optional.empty();
  }

  /** A constant with one axis longer than 1 takes that axis back to where it came from. */
  private static Optional<ValueId> constant(
      Graph graph, ValueId id, Tensor constant, int[] order, GraphPatch.Builder patch) {
    long[] dims = constant.dims();
    long[] back = new long[order.length];
    Arrays.fill(back, 1);
    int longer = 0;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != 1) {
        longer++;
        back[order[order.length - dims.length + i]] = dims[i];
      }
    }
    return longer > 1
        ? Optional.empty()
        : Optional.of(patch.constant(graph.value(id).name() + ".transposed", constant.reshape(back)));
  }
}
