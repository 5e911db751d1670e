package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Gather;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Makes a strided Slice of the channel split of ShuffleNet: channels in groups by Reshape, the place in the group first
 * by Transpose, one place taken by Gather.
 */
public final class FuseChannelSplit implements RewriteRule<Gather> {
  @Override
  public Class<Gather> anchor() {
    return Gather.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Gather op) {
    Optional<Tensor> place = graph.constant(node.input(1)).filter(tensor -> tensor.rank() == 0);
    Node split = Patterns.producer(graph, node.input(0), Reshape.class).orElse(null);
    Node transpose = split == null ? null : Patterns.producer(graph, split.input(0), Transpose.class).orElse(null);
    Node group = transpose == null ? null : Patterns.producer(graph, transpose.input(0), Reshape.class).orElse(null);
    if (place.isEmpty() || group == null || op.axis() != 0) {
      return Optional.empty();
    }
    Shape x = graph.shape(group.input(0));
    Shape grouped = graph.shape(group.output());
    Shape places = graph.shape(split.output());
    if (!isSplit(x, grouped, places) || !((Transpose) transpose.op()).perm().equals(List.of(1L, 0L, 2L))) {
      return context.refuse(node, group.name() + " to " + split.name() + " do not split the channels of " + x);
    }
    long groups = ((Dim.Known) places.dim(0)).size();
    long first = place.get().getLong(0);
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "fused " + group.name() + " to " + node.name() + ": every " + groups + "th channel").reuseName(node);
    ValueId start = patch.constant(node.name() + ".start", Tensor.vector(first < 0 ? first + groups : first));
    ValueId end = patch.constant(node.name() + ".end", Tensor.vector(Integer.MAX_VALUE));
    ValueId axis = patch.constant(node.name() + ".axis", Tensor.vector(1));
    ValueId step = patch.constant(node.name() + ".step", Tensor.vector(groups));
    ValueId made = patch.add(node.name(), new Slice(), group.input(0), start, end, axis, step);
    return Optional.of(patch.replace(node.output(), made).build());
  }

  /** N×C×… as (N·C/g)×g×rest, then as g×N×C/g×…. */
  private static boolean isSplit(Shape x, Shape grouped, Shape places) {
    if (!x.ranked() || !grouped.ranked() || !places.ranked() || x.rank() < 2 || grouped.rank() != 3
        || places.rank() != x.rank() + 1 || !(x.dim(1) instanceof Dim.Known(long channels))
        || !(places.dim(0) instanceof Dim.Known(long groups)) || groups < 1 || channels % groups != 0) {
      return false;
    }
    return grouped.dim(1).is(groups)
        && grouped.dim(0).equals(x.dim(0).times(channels / groups))
        && places.dim(1).equals(x.dim(0))
        && places.dim(2).is(channels / groups)
        && places.slice(3, places.rank()).equals(x.slice(2, x.rank()));
  }
}
