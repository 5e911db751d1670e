package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How large values of a graph get, by their names, as far as that is known.
 *
 * @param largest the largest absolute value; infinite where one is not finite
 */
record ValueRanges(Map<String, Double> largest) {
  static final ValueRanges UNKNOWN = new ValueRanges(Map.of());

  /** Samples show little of what a model meets, so that values may get so many times as large. */
  private static final double MARGIN = 2;

  ValueRanges {
    largest = Map.copyOf(largest);
  }

  /** What the values of a graph are on samples, as a backend computes them without fusing anything. */
  static ValueRanges of(Graph graph, Backend backend, List<Map<String, Tensor>> samples) {
    Map<String, Double> largest = new HashMap<>();
    Map<String, Node> nodes = new HashMap<>();
    graph.nodes().forEach(node -> nodes.put(node.name(), node));
    Plan.Manifest manifest = new Plan.Manifest(graph.name(), "", "fp32", List.of(), Map.of());
    try (Engine engine = Engine.of(new Plan(manifest, () -> graph, Optional.empty()), backend);
        ExecutionContext context = engine.newContext()) {
      for (Map<String, Tensor> sample : samples) {
        sample.forEach((name, value) -> largest.merge(name, largest(value), Math::max));
        context.runTapped(sample, (name, outputs) -> {
          Node node = nodes.get(name);
          for (int i = 0; node != null && i < outputs.size(); i++) {
            if (outputs.get(i).isPresent() && outputs.get(i).get() instanceof Tensor tensor) {
              largest.merge(graph.value(node.output(i)).name(), largest(tensor), Math::max);
            }
          }
        });
      }
    }
    return new ValueRanges(largest);
  }

  /** Whether a graph takes a sample. */
  static boolean fits(Graph graph, Map<String, Tensor> sample) {
    return graph.inputs().stream().allMatch(id -> {
      Optional<Tensor> value = Optional.ofNullable(sample.get(graph.value(id).name()));
      return value.isPresent() && graph.type(id) instanceof TensorType type && fits(type, value.get());
    });
  }

  private static boolean fits(TensorType type, Tensor value) {
    if (type.dtype() != value.dtype()) {
      return false;
    }
    if (!type.shape().ranked()) {
      return true;
    }
    boolean fits = type.shape().rank() == value.dims().length;
    for (int axis = 0; fits && axis < value.dims().length; axis++) {
      fits = !(type.shape().dim(axis) instanceof Dim.Known(long size)) || size == value.dim(axis);
    }
    return fits;
  }

  private static double largest(Datum datum) {
    if (!(datum instanceof Tensor tensor) || tensor.dtype() != DType.FLOAT32) {
      return 0;
    }
    double largest = 0;
    for (float value : tensor.toFloats()) {
      largest = Math.max(largest, Float.isFinite(value) ? Math.abs(value) : Double.POSITIVE_INFINITY);
    }
    return largest;
  }

  /** Names of nodes with such a value. */
  List<String> overflowing(Graph graph, double end) {
    return graph.nodes().stream().filter(node -> overflow(graph, node, end).isPresent()).map(Node::name).toList();
  }

  /**
   * Which value that a node reads or makes comes too near to the end of a type's range; empty where none is known to.
   */
  Optional<String> overflow(Graph graph, Node node, double end) {
    for (List<ValueId> values : List.of(node.outputs(), node.inputs())) {
      for (ValueId id : values) {
        if (!id.isPresent() || !(graph.type(id) instanceof TensorType) || graph.constant(id).isPresent()) {
          continue;
        }
        String name = graph.value(id).name();
        double reached = largest.getOrDefault(name, 0.0);
        if (reached * MARGIN > end) {
          return Optional.of(String.format(Locale.ROOT,
              "%s reaches %.4g on the samples (expected: at most half of %.0f)", name, reached, end));
        }
      }
    }
    return Optional.empty();
  }
}
