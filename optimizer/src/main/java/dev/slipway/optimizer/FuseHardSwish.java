package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Div;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.HardSigmoid;
import dev.slipway.operators.HardSwish;
import dev.slipway.operators.Mul;
import dev.slipway.tensor.DType;
import java.util.Optional;

/** Makes HardSwish of x · hardsigmoid(x) and of x · clip(x + 3, 0, 6) / 6, in any order. */
public final class FuseHardSwish implements RewriteRule<Elementwise> {
  @Override
  public Class<Elementwise> anchor() {
    return Elementwise.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Elementwise op) {
    if (!(op instanceof Mul || op instanceof Div)) {
      return Optional.empty();
    }
    Product product = Product.of(graph, node.output());
    if (product.factors().size() != 2) {
      return Optional.empty();
    }
    DType dtype = graph.tensorType(node.output()).dtype();
    for (ValueId gate : product.factors()) {
      ValueId x = product.other(gate).orElseThrow();
      boolean matches = product.number() == 1 && isHardSigmoid(graph, gate, x)
          || Patterns.isNear(product.number(), 1 / 6d, dtype)
              && FuseHardSigmoid.source(graph, gate).filter(x::equals).isPresent();
      if (matches) {
        GraphPatch.Builder patch = GraphPatch.on(
            graph, "fused " + graph.producer(gate).orElseThrow().name() + " to " + node.name() + ": they are HardSwish")
            .reuseName(node);
        return Optional.of(patch.replace(node.output(), patch.add(node.name(), new HardSwish(), x)).build());
      }
    }
    return Optional.empty();
  }

  private static boolean isHardSigmoid(Graph graph, ValueId id, ValueId x) {
    return Patterns.producer(graph, id, HardSigmoid.class)
        .filter(node -> node.input(0).equals(x))
        .map(node -> (HardSigmoid) node.op())
        .filter(op -> Patterns.isNear(op.alpha(), 1 / 6d, DType.FLOAT32) && op.beta() == 0.5f)
        .isPresent();
  }
}
