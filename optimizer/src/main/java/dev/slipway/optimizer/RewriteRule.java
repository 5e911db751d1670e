package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A pass that looks at one node and its neighbours at a time. */
public interface RewriteRule<O extends Op> extends Pass {

  /** The operators that the rule is asked about. */
  Class<O> anchor();

  /** The change at this node, or empty where the rule does not apply. */
  Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, O op);

  @Override
  default Optional<GraphPatch> next(PassContext context, Graph graph) {
    for (Node node : graph.nodes()) {
      Optional<GraphPatch> patch = at(context, graph, node);
      if (patch.isPresent()) {
        return patch;
      }
    }
    return Optional.empty();
  }

  /** Every match whose nodes no match before it removes. */
  @Override
  default List<GraphPatch> sweep(PassContext context, Graph graph) {
    List<GraphPatch> patches = new ArrayList<>();
    Set<String> gone = new HashSet<>();
    Set<ValueId> replaced = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (gone.contains(node.name())) {
        continue;
      }
      at(context, graph, node).ifPresent(patch -> {
        Set<String> removed = patch.removed(graph);
        if (isFree(graph, patch, removed, gone, replaced)) {
          patches.add(patch);
          gone.addAll(removed);
          replaced.addAll(patch.replaced().keySet());
        }
      });
    }
    return patches;
  }

  private Optional<GraphPatch> at(PassContext context, Graph graph, Node node) {
    return anchor().isInstance(node.op())
        ? rewrite(context, graph, node, anchor().cast(node.op()))
        : Optional.empty();
  }

  private static boolean isFree(
      Graph graph, GraphPatch patch, Set<String> removed, Set<String> gone, Set<ValueId> replaced) {
    return removed.stream().noneMatch(gone::contains)
        && patch.replaced().keySet().stream().noneMatch(replaced::contains)
        && patch.added().stream()
            .flatMap(node -> node.inputs().stream())
            .filter(id -> !replaced.contains(id))
            .flatMap(id -> graph.isValue(id) ? graph.producer(id).stream() : Stream.empty())
            .noneMatch(producer -> gone.contains(producer.name()));
  }
}
