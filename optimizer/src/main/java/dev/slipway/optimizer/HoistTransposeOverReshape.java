package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Moves the channels of activations last before their spatial axes are merged, not afterwards: detection heads end so,
 * and who made the activations can often give them in that order.
 */
public final class HoistTransposeOverReshape implements RewriteRule<Transpose> {
  @Override
  public Class<Transpose> anchor() {
    return Transpose.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Transpose op) {
    Optional<Node> reshape = Patterns.soleProducer(graph, node.input(0), Reshape.class);
    if (reshape.isEmpty() || !op.perm().equals(List.of(0L, 2L, 1L))) {
      return Optional.empty();
    }
    Shape spatial = graph.shape(reshape.get().input(0));
    Shape merged = graph.shape(node.input(0));
    if (!spatial.ranked() || spatial.rank() != 4 || merged.rank() != 3
        || !spatial.dim(0).equals(merged.dim(0))
        || !spatial.dim(1).equals(merged.dim(1))
        || !(spatial.dim(1) instanceof Dim.Known(long channels))) {
      return Optional.empty();
    }
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "moved " + node.name() + " before " + reshape.get().name() + ": it merges spatial axes").reuseName(node);
    ValueId transposed =
        patch.add(node.name(), new Transpose(List.of(0L, 2L, 3L, 1L)), reshape.get().input(0));
    ValueId shape = patch.constant(reshape.get().name() + ".shape", Tensor.of(new long[] {0, -1, channels}, 3));
    patch.reuseName(reshape.get());
    ValueId result = patch.add(reshape.get().name(), new Reshape(false), transposed, shape);
    return Optional.of(patch.replace(node.output(), result).build());
  }
}
