package dev.slipway.analysis;

import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What one evaluation of a graph costs, by the operators' own arithmetic; symbolic where shapes are.
 *
 * @param total of all nodes; every input and every output of every node counts once
 * @param parameters elements of all constants
 * @param weightBytes bytes of all constants
 * @param precision elements of the constants by their type
 */
public record ModelCost(Cost total, long parameters, long weightBytes, Map<DType, Long> precision) {

  public ModelCost {
    precision = Collections.unmodifiableMap(new TreeMap<>(precision));
  }

  public static ModelCost of(Graph graph) {
    Cost total = Cost.ZERO;
    for (Node node : graph.nodes()) {
      total = total.plus(graph.cost(node));
    }
    long parameters = 0;
    long weightBytes = 0;
    Map<DType, Long> precision = new TreeMap<>();
    for (Tensor constant : graph.constants().values()) {
      parameters += constant.elementCount();
      weightBytes += constant.type().bytes();
      precision.merge(constant.dtype(), constant.elementCount(), Long::sum);
    }
    return new ModelCost(total, parameters, weightBytes, precision);
  }

  /** Bytes read and written together. */
  public static Dim bytes(Cost cost) {
    return cost.bytesRead().plus(cost.bytesWritten());
  }

  /** Arithmetic intensity, FLOPs for each byte read or written; empty where sizes are unknown or nothing moves. */
  public static Optional<Double> intensity(Cost cost) {
    return cost.flops() instanceof Dim.Known(long flops) && bytes(cost) instanceof Dim.Known(long bytes) && bytes > 0
        ? Optional.of((double) flops / bytes)
        : Optional.empty();
  }
}
