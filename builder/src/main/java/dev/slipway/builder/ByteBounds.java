package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.Clip;
import dev.slipway.operators.Relu;
import java.util.Optional;

/** The activations behind an operator that only bound its results. */
record ByteBounds(double lowest, double highest) {
  static final ByteBounds NONE = new ByteBounds(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  /** These and those of a node in front; empty where it is none that bounds, or its bounds are not constant. */
  Optional<ByteBounds> behind(Graph graph, Node node) {
    if (node.op() instanceof Relu) {
      return Optional.of(bounded(0, Double.POSITIVE_INFINITY));
    }
    if (!(node.op() instanceof Clip)) {
      return Optional.empty();
    }
    double[] limits = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
    for (int port = 1; port < node.inputs().size(); port++) {
      ValueId id = node.input(port);
      if (id.isPresent() && graph.constant(id).isEmpty()) {
        return Optional.empty();
      }
      if (id.isPresent()) {
        limits[port - 1] = graph.constant(id).get().getDouble(0);
      }
    }
    return limits[0] <= limits[1] ? Optional.of(bounded(limits[0], limits[1])) : Optional.empty();
  }

  /** What comes first is bounded first; bounds that follow hold in any case. */
  private ByteBounds bounded(double low, double high) {
    return new ByteBounds(Math.clamp(low, lowest, highest), Math.clamp(high, lowest, highest));
  }

  /** Rounding grows with its argument, so results may be bounded as bytes. */
  ByteRounding rounding(ByteScale scale) {
    ByteRounding whole = ByteRounding.saturating(scale.zeroPoint());
    return new ByteRounding(
        scale.zeroPoint(),
        whole.round((float) Math.max(lowest / scale.step(), -1e9)),
        whole.round((float) Math.min(highest / scale.step(), 1e9)));
  }
}
