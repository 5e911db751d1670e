package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.BatchNormalization;
import dev.slipway.operators.Mul;
import dev.slipway.tensor.DType;
import java.util.Arrays;
import java.util.Optional;

/** Makes Mul and Add of a batch normalisation that no layer took, so that it fuses with its elementwise neighbours. */
public final class DecomposeBatchNormalization implements RewriteRule<BatchNormalization> {
  @Override
  public Class<BatchNormalization> anchor() {
    return BatchNormalization.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, BatchNormalization op) {
    if (op.trainingMode() || Patterns.isRead(graph, node, 1) || Patterns.isRead(graph, node, 2)) {
      return context.refuse(node, "it is in training mode");
    }
    FoldBatchNormalization.Affine affine = FoldBatchNormalization.Affine.of(graph, node, op).orElse(null);
    if (affine == null || !graph.shape(node.input(0)).ranked()) {
      return context.refuse(node, "its parameters are not constant, or the rank of its input is not known");
    }
    DType dtype = graph.tensorType(node.input(0)).dtype();
    long[] dims = new long[Math.max(1, graph.shape(node.input(0)).rank() - 1)];
    Arrays.fill(dims, 1);
    dims[0] = affine.scale().length;
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "made Mul and Add of " + node.name() + ": its parameters are constant").reuseName(node);
    ValueId scale = patch.constant(node.name() + ".scale", Patterns.tensor(dtype, affine.scale(), dims));
    ValueId shift = patch.constant(node.name() + ".shift", Patterns.tensor(dtype, affine.shift(), dims));
    ValueId scaled = patch.add(node.name() + ".mul", new Mul(), node.input(0), scale);
    return Optional.of(patch.replace(node.output(), patch.add(node.name(), new Add(), scaled, shift)).build());
  }
}
