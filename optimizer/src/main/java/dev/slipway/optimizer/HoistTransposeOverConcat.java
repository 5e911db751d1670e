package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Transposes the parts of a concatenation instead of the whole where the joined axis becomes the outermost one: the
 * parts then lie behind each other, so that each may be written to its place.
 */
public final class HoistTransposeOverConcat implements RewriteRule<Transpose> {
  @Override
  public Class<Transpose> anchor() {
    return Transpose.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Transpose op) {
    Optional<Node> concat = Patterns.soleProducer(graph, node.input(0), Concat.class);
    if (concat.isEmpty() || !graph.shape(node.input(0)).ranked()) {
      return Optional.empty();
    }
    int rank = graph.shape(node.input(0)).rank();
    int from = Math.floorMod((int) ((Concat) concat.get().op()).axis(), rank);
    int[] order = op.order(rank);
    int to = 0;
    while (order[to] != from) {
      to++;
    }
    if (to >= from || !isOutermost(graph.shape(node.output()), to)) {
      return Optional.empty();
    }
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "moved " + node.name() + " before " + concat.get().name() + ": its parts lie behind each other");
    List<ValueId> parts = new ArrayList<>();
    for (ValueId part : concat.get().inputs()) {
      parts.add(patch.add(node.name() + "." + parts.size(), op, part));
    }
    patch.reuseName(concat.get());
    List<ValueId> whole = patch.add(concat.get().name(), new Concat(to), parts, 1);
    return Optional.of(patch.replace(node.output(), whole.getFirst()).build());
  }

  private static boolean isOutermost(Shape shape, int axis) {
    for (int i = 0; i < axis; i++) {
      if (!(shape.dim(i) instanceof Dim.Known(long size) && size == 1)) {
        return false;
      }
    }
    return true;
  }
}
