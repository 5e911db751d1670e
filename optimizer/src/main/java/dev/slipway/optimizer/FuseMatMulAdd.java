package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.Shape;
import java.util.List;
import java.util.Optional;

/** Makes one Gemm of a product of two matrices and an addition behind it. */
public final class FuseMatMulAdd implements RewriteRule<Add> {
  @Override
  public Class<Add> anchor() {
    return Add.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Add op) {
    for (ValueId id : node.inputs()) {
      Node product = graph.producer(id).filter(FuseMatMulAdd::isProductWithoutBias).orElse(null);
      if (product != null) {
        return fuse(context, graph, node, product, Patterns.other(node, id).orElseThrow());
      }
    }
    return Optional.empty();
  }

  private static boolean isProductWithoutBias(Node node) {
    return node.op() instanceof MatMul || node.op() instanceof Gemm && !node.hasInput(2);
  }

  private static Optional<GraphPatch> fuse(
      PassContext context, Graph graph, Node node, Node product, ValueId addend) {
    if (addend.equals(product.output()) || !Patterns.readOnce(graph, product.output())) {
      return context.refuse(node, product.name() + " has other readers");
    }
    Shape a = graph.shape(product.input(0));
    Shape b = graph.shape(product.input(1));
    if (!a.ranked() || !b.ranked() || a.rank() != 2 || b.rank() != 2) {
      return context.refuse(node, product.name() + " multiplies " + a + " by " + b + ", not two matrices");
    }
    if (!graph.shape(addend).ranked() || graph.shape(addend).rank() > 2
        || !Patterns.sameType(graph, product.output(), node.output())) {
      return context.refuse(node, "it broadcasts the product to " + graph.shape(node.output()));
    }
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "fused " + product.name() + " + " + node.name() + ": single consumer")
            .reuseName(product)
            .reuseName(node);
    Op gemm = product.op() instanceof Gemm given ? given : new Gemm(1, 1, false, false);
    ValueId made = patch.add(product.name(), gemm, List.of(product.input(0), product.input(1), addend), 1).getFirst();
    return Optional.of(patch.replace(node.output(), made).build());
  }
}
