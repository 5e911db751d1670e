package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Sigmoid;
import dev.slipway.operators.Swish;
import java.util.Optional;

/** Makes Swish of x · sigmoid(alpha · x). */
public final class FuseSwish implements RewriteRule<Mul> {
  @Override
  public Class<Mul> anchor() {
    return Mul.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Mul op) {
    for (ValueId gate : node.inputs()) {
      Node sigmoid = Patterns.producer(graph, gate, Sigmoid.class).orElse(null);
      if (sigmoid == null) {
        continue;
      }
      ValueId x = Patterns.other(node, gate).orElseThrow();
      Product inner = Product.of(graph, sigmoid.input(0));
      double alpha = sigmoid.input(0).equals(x) ? 1 : inner.isPower(x, 1) ? inner.number() : Double.NaN;
      if (Double.isNaN(alpha)) {
        continue;
      }
      GraphPatch.Builder patch = GraphPatch.on(
          graph, "fused " + sigmoid.name() + " + " + node.name() + ": x · sigmoid(x)").reuseName(node);
      return Optional.of(
          patch.replace(node.output(), patch.add(node.name(), new Swish((float) alpha), x)).build());
    }
    return Optional.empty();
  }
}
