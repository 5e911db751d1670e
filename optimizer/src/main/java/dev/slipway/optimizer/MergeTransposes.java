package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes one transposition of two in a row. */
public final class MergeTransposes implements RewriteRule<Transpose> {
  @Override
  public Class<Transpose> anchor() {
    return Transpose.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Transpose second) {
    Node before = Patterns.producer(graph, node.input(0), Transpose.class).orElse(null);
    if (before == null) {
      return Optional.empty();
    }
    Shape shape = graph.shape(node.input(0));
    if (!shape.ranked()) {
      return context.refuse(node, "the rank of its input is not known");
    }
    int[] inner = ((Transpose) before.op()).order(shape.rank());
    List<Long> perm = new ArrayList<>();
    for (int axis : second.order(shape.rank())) {
      perm.add((long) inner[axis]);
    }
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "merged " + before.name() + " + " + node.name() + ": transpositions in a row");
    patch.reuseName(node);
    return Optional.of(
        patch.replace(node.output(), patch.add(node.name(), new Transpose(perm), before.input(0))).build());
  }
}
