package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Mul;
import dev.slipway.operators.RMSNormalization;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import java.util.Optional;

/** Makes RMSNormalization of x / sqrt(mean(x²) + epsilon), with the scale behind it. */
public final class FuseRMSNormalization implements RewriteRule<Op> {
  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    RootMeanSquare quotient = RootMeanSquare.of(graph, node).orElse(null);
    if (quotient == null) {
      return Optional.empty();
    }
    ValueId x = quotient.value();
    int rank = graph.shape(x).rank();
    int first = rank - quotient.axes().size();
    if (first < 0 || quotient.axes().getFirst() != first || quotient.axes().getLast() != rank - 1) {
      return context.refuse(node, "it normalises axes " + quotient.axes() + " of " + graph.shape(x) + ", not the last");
    }
    Shape normalized = graph.shape(x).slice(first, rank);
    ValueId scale = FuseLayerNormalization.operand(graph, node, Mul.class, normalized).orElse(null);
    if (scale == null) {
      return context.refuse(node, "no scale of " + normalized + " behind it");
    }
    Node last = graph.soleConsumer(node.output()).orElseThrow();
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "fused " + node.name() + " + " + last.name() + ": they are RMSNormalization")
            .reuseName(node);
    RMSNormalization made = new RMSNormalization(first - rank, (float) quotient.epsilon(), DType.FLOAT32);
    return Optional.of(patch.replace(last.output(), patch.add(node.name(), made, x, scale)).build());
  }
}
