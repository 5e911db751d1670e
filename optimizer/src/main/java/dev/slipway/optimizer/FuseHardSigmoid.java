package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Clip;
import dev.slipway.operators.Div;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.HardSigmoid;
import dev.slipway.operators.Mul;
import java.util.Optional;

/** Makes HardSigmoid of clip(x + 3, 0, 6) / 6. */
public final class FuseHardSigmoid implements RewriteRule<Elementwise> {
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
    if (product.factors().size() != 1
        || !Patterns.isNear(product.number(), 1 / 6d, graph.tensorType(node.output()).dtype())) {
      return Optional.empty();
    }
    ValueId clipped = product.factors().getFirst();
    ValueId x = source(graph, clipped).orElse(null);
    if (x == null) {
      return Optional.empty();
    }
    if (!Patterns.readOnce(graph, clipped)) {
      return context.refuse(node, "the clipped value has other readers");
    }
    String clip = graph.producer(clipped).orElseThrow().name();
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "fused " + clip + " + " + node.name() + ": clip(x + 3, 0, 6) / 6").reuseName(node);
    ValueId made = patch.add(node.name(), new HardSigmoid(1 / 6f, 0.5f), x);
    return Optional.of(patch.replace(node.output(), made).build());
  }

  /** The x of clip(x + 3, 0, 6). */
  static Optional<ValueId> source(Graph graph, ValueId id) {
    return Patterns.producer(graph, id, Clip.class)
        .filter(clip -> clip.hasInput(1) && Patterns.isUniform(graph, clip.input(1), 0))
        .filter(clip -> clip.hasInput(2) && Patterns.isUniform(graph, clip.input(2), 6))
        .flatMap(clip -> Patterns.producer(graph, clip.input(0), Add.class))
        .flatMap(add -> Patterns.constantOperand(graph, add)
            .filter(operand -> Patterns.uniform(operand.constant()).orElse(0) == 3)
            .filter(operand -> Patterns.sameType(graph, operand.value(), add.output())))
        .map(Patterns.ConstantOperand::value);
  }
}
