package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Flatten;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Squeeze;
import dev.slipway.operators.Unsqueeze;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/** Makes one Reshape of two in a row; Flatten, Squeeze and Unsqueeze count as Reshape. */
public final class MergeReshapes implements RewriteRule<Op> {
  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    if (!isReshape(op)) {
      return Optional.empty();
    }
    Node before = graph.producer(node.input(0)).filter(producer -> isReshape(producer.op())).orElse(null);
    if (before == null) {
      return Optional.empty();
    }
    ValueId source = before.input(0);
    long[] target = Patterns.reshapeTarget(graph.shape(source), graph.shape(node.output())).orElse(null);
    if (target == null) {
      return context.refuse(node, "several dimensions of " + graph.shape(node.output()) + " are symbolic");
    }
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "merged " + before.name() + " + " + node.name() + ": reshapes in a row").reuseName(node);
    ValueId shape = patch.constant(node.name() + ".shape", Tensor.vector(target));
    return Optional.of(patch.replace(node.output(), patch.add(node.name(), new Reshape(false), source, shape)).build());
  }

  private static boolean isReshape(Op op) {
    return op instanceof Reshape || op instanceof Flatten || op instanceof Squeeze || op instanceof Unsqueeze;
  }
}
