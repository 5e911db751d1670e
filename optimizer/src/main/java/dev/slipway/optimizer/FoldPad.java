package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.Clip;
import dev.slipway.operators.Conv;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.Pad;
import dev.slipway.operators.Relu;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Moves constant padding of spatial axes into the pads of the convolution or pooling behind it. */
public final class FoldPad implements RewriteRule<Op> {
  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    if (!(op instanceof Conv || op instanceof AveragePool || op instanceof MaxPool)) {
      return Optional.empty();
    }
    Node pad = Patterns.producer(graph, node.input(0), Pad.class).orElse(null);
    if (pad == null) {
      return Optional.empty();
    }
    if (((Pad) pad.op()).mode() != Pad.Mode.CONSTANT) {
      return context.refuse(node, pad.name() + " pads with " + ((Pad) pad.op()).mode());
    }
    Shape shape = graph.shape(node.input(0));
    if (!shape.ranked()) {
      return context.refuse(node, "the rank of its input is not known");
    }
    long[] pads = spatialPads(graph, pad, shape.rank()).orElse(null);
    if (pads == null) {
      return context.refuse(node, pad.name() + " pads other axes than spatial ones, or takes elements away");
    }
    double value = pad.hasInput(2) ? Patterns.uniform(graph, pad.input(2)).orElse(Double.NaN) : 0;
    Op padded = padded(graph, node, pad, op, pads, value).orElse(null);
    if (padded == null) {
      return context.refuse(node, pad.name() + " pads with " + value + ", which its own padding does not stand for");
    }
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "folded " + pad.name() + " into " + node.name() + ": constant padding").reuseName(node);
    List<ValueId> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, pad.input(0));
    List<ValueId> outputs = patch.add(node.name(), padded, inputs, node.outputs().size());
    return Optional.of(patch.replace(node.output(), outputs.getFirst()).build());
  }

  /** The pads of the spatial axes, first those at the beginning. */
  private static Optional<long[]> spatialPads(Graph graph, Node pad, int rank) {
    Optional<long[]> given = Patterns.integers(graph, pad, 1);
    Optional<long[]> axes = pad.hasInput(3)
        ? Patterns.integers(graph, pad, 3)
        : Optional.of(LongStream.range(0, rank).toArray());
    if (given.isEmpty() || axes.isEmpty()) {
      return Optional.empty();
    }
    long[] spatial = new long[2 * (rank - 2)];
    int count = axes.get().length;
    for (int i = 0; i < count; i++) {
      int axis = Math.floorMod((int) axes.get()[i], rank);
      long begin = given.get()[i];
      long end = given.get()[i + count];
      if (begin < 0 || end < 0 || axis < 2 && (begin != 0 || end != 0)) {
        return Optional.empty();
      }
      if (axis >= 2) {
        spatial[axis - 2] = begin;
        spatial[axis - 2 + rank - 2] = end;
      }
    }
    return Optional.of(spatial);
  }

  private static Optional<Op> padded(Graph graph, Node node, Node pad, Op op, long[] pads, double value) {
    return switch (op) {
      case Conv conv when value == 0 ->
          withPads(conv.window(), pads).map(window -> new Conv(window, conv.group()));
      case AveragePool pool when value == 0
              && (pool.countIncludePad() || hasNoPads(pool.window()))
              && isNarrow(pool.window(), pads) ->
          pool.window().ceilMode()
              ? Optional.empty()
              : withPads(pool.window(), pads).map(window -> new AveragePool(window, true));
      case MaxPool pool when !Patterns.isRead(graph, node, 1)
              && !pool.window().ceilMode()
              && isLeast(graph, pad.input(0), value)
              && isNarrow(pool.window(), pads) ->
          withPads(pool.window(), pads).map(window -> new MaxPool(window, pool.storageOrder()));
      default -> Optional.empty();
    };
  }

  private static Optional<SpatialWindow> withPads(SpatialWindow window, long[] added) {
    if (window.autoPad() != SpatialWindow.AutoPad.NOTSET && window.autoPad() != SpatialWindow.AutoPad.VALID) {
      return Optional.empty();
    }
    boolean own = window.autoPad() == SpatialWindow.AutoPad.NOTSET && !window.pads().isEmpty();
    List<Long> pads = new ArrayList<>();
    for (int i = 0; i < added.length; i++) {
      pads.add(added[i] + (own ? window.pads().get(i) : 0));
    }
    return Optional.of(window.withPads(pads));
  }

  private static boolean hasNoPads(SpatialWindow window) {
    return window.autoPad() == SpatialWindow.AutoPad.VALID
        || window.autoPad() == SpatialWindow.AutoPad.NOTSET && window.pads().stream().allMatch(pad -> pad == 0);
  }

  /** Whether a number never is the largest of a window beside elements of a value. */
  private static boolean isLeast(Graph graph, ValueId id, double value) {
    return value == Double.NEGATIVE_INFINITY
        || value == 0 && graph.producer(id).filter(node -> isNotNegative(graph, node)).isPresent();
  }

  private static boolean isNotNegative(Graph graph, Node node) {
    return node.op() instanceof Relu
        || node.op() instanceof Clip && node.hasInput(1) && Patterns.uniform(graph, node.input(1)).orElse(-1) >= 0;
  }

  /** Whether every window covers an element that is no padding. */
  private static boolean isNarrow(SpatialWindow window, long[] pads) {
    int axes = window.kernel().size();
    for (int i = 0; i < pads.length; i++) {
      long own = window.pads().isEmpty() ? 0 : window.pads().get(i);
      if (pads[i] + own >= window.kernel().get(i % axes) || !window.dilations().stream().allMatch(d -> d == 1)) {
        return false;
      }
    }
    return true;
  }
}
