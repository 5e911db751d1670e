package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.LayerNormalization;
import dev.slipway.operators.Mul;
import dev.slipway.operators.RMSNormalization;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Divides inputs of matrix products by factors of their channels, and multiplies the weights by them. A normalisation
 * that computes such inputs divides with its scale and bias; what else reads it, such as a residual sum, multiplies
 * again. Where no normalisation stands before a product, the division is a Mul.
 */
final class SmoothedInputs {
  private final Graph graph;
  private final GraphPatch.Builder patch;

  /** What stands for values of the graph that are replaced. */
  private final Map<ValueId, ValueId> replaced = new HashMap<>();

  SmoothedInputs(Graph graph) {
    this.graph = graph;
    this.patch = GraphPatch.on(graph, "smoothed inputs of matrix products");
  }

  /**
   * Smooths one input of layers; those of which others are computed come first.
   *
   * @param layers the matrix products of constant weights that are to read it divided
   * @param factors one for each channel
   */
  void smooth(ValueId input, List<Layer> layers, float[] factors) {
    float[] inverse = factors.clone();
    for (int channel = 0; channel < inverse.length; channel++) {
      inverse[channel] = 1 / factors[channel];
    }
    Optional<Node> normalization = normalization(input, factors.length);
    ValueId divided = normalization.isPresent()
        ? normalized(normalization.get(), inverse)
        : multiplied(current(input), graph.value(input).name() + "_smoothed", inverse);
    layers.forEach(layer -> multiply(layer, divided, factors));
    if (normalization.isPresent()) {
      boolean others = graph.isOutput(input) || graph.consumers(input).size() > layers.size();
      replace(input, others ? multiplied(divided, graph.value(input).name() + "_restored", factors) : divided);
    }
  }

  /** The graph with smoothed inputs. */
  Graph apply() {
    return graph.apply(patch.build());
  }

  /** The normalisation over the last axis that computes a value, where its scale and bias are constant. */
  private Optional<Node> normalization(ValueId value, int channels) {
    return graph.producer(value).filter(node -> switch (node.op()) {
      case LayerNormalization norm -> isLast(norm.axis(), value) && isVector(node.input(1), channels)
          && (!node.hasInput(2) || isVector(node.input(2), channels))
          && node.outputs().stream().filter(ValueId::isPresent).count() == 1;
      case RMSNormalization norm -> isLast(norm.axis(), value) && isVector(node.input(1), channels);
      default -> false;
    });
  }

  private boolean isLast(long axis, ValueId value) {
    return axis == -1 || graph.shape(value).ranked() && axis == graph.shape(value).rank() - 1;
  }

  private boolean isVector(ValueId id, int length) {
    return graph.constant(id).filter(tensor -> tensor.rank() == 1 && tensor.dim(0) == length).isPresent();
  }

  /** A normalisation whose scale and bias are multiplied by factors. */
  private ValueId normalized(Node node, float[] factors) {
    List<ValueId> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, current(node.input(0)));
    for (int port = 1; port < inputs.size(); port++) {
      if (node.hasInput(port)) {
        inputs.set(port, multiplied(node.input(port), factors, 1));
      }
    }
    patch.reuseName(node);
    return patch.add(node.name(), node.op(), inputs, 1).getFirst();
  }

  private ValueId multiplied(ValueId value, String name, float[] factors) {
    return patch.add(name, new Mul(), value, patch.constant(name + "_factors", Tensor.of(factors, factors.length)));
  }

  private void multiply(Layer layer, ValueId input, float[] factors) {
    int columns = Math.toIntExact(layer.weights(graph).dim(1));
    patch.reuseName(layer.node());
    replace(layer.node().output(),
        patch.add(layer.name(), layer.node().op(), input, multiplied(layer.weights(), factors, columns)));
  }

  /** A constant, each factor multiplied with so many of its elements. */
  private ValueId multiplied(ValueId constant, float[] factors, int repeated) {
    Tensor tensor = graph.constant(constant).orElseThrow();
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factors[i / repeated];
    }
    return patch.constant(graph.value(constant).name() + "_smoothed", Tensor.of(values, tensor.dims()));
  }

  private void replace(ValueId value, ValueId by) {
    patch.replace(value, by);
    replaced.put(value, by);
  }

  private ValueId current(ValueId value) {
    return replaced.getOrDefault(value, value);
  }
}
