package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Pointwise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Sums of what two layers compute, as in residual blocks with a convolution in the shortcut. One side can stay between
 * the accumulators and the next quantisation; the other would be stored as floats.
 */
final class ResidualSums {
  private final Graph graph;
  private final Set<String> layers;
  private final Set<ValueId> quantized;

  /** @param quantized values that are quantised already */
  ResidualSums(Graph graph, List<Layer> layers, Set<ValueId> quantized) {
    this.graph = graph;
    this.layers = layers.stream().map(Layer::name).collect(Collectors.toSet());
    this.quantized = quantized;
  }

  /** For each such sum that is rounded itself the side that is computed first. */
  List<ValueId> storedSides() {
    List<ValueId> sides = new ArrayList<>();
    List<Node> nodes = graph.nodes();
    for (Node node : nodes) {
      if (!(node.op() instanceof Add) || !isRounded(node.output())) {
        continue;
      }
      Optional<Node> a = behindLayer(node.input(0));
      Optional<Node> b = behindLayer(node.input(1));
      boolean isSum = a.isPresent() && b.isPresent() && a.get() != b.get()
          && graph.type(node.input(0)).equals(graph.type(node.input(1)));
      if (isSum) {
        sides.add(nodes.indexOf(a.get()) < nodes.indexOf(b.get()) ? node.input(0) : node.input(1));
      }
    }
    return sides;
  }

  private boolean isRounded(ValueId value) {
    if (quantized.contains(value)) {
      return true;
    }
    return !graph.isOutput(value)
        && graph.soleConsumer(value)
            .filter(reader -> reader.op() instanceof Pointwise && isRounded(reader.output()))
            .isPresent();
  }

  /** The node that computes a value that is not quantised: a layer, or a function of a layer's result alone. */
  private Optional<Node> behindLayer(ValueId value) {
    Optional<Node> producer = quantized.contains(value) ? Optional.empty() : graph.producer(value);
    if (producer.isEmpty() || layers.contains(producer.get().name()) || !(producer.get().op() instanceof Pointwise)) {
      return producer.filter(node -> layers.contains(node.name()));
    }
    List<ValueId> computed = producer.get().inputs().stream()
        .filter(id -> id.isPresent() && graph.constant(id).isEmpty())
        .distinct()
        .toList();
    return producer.filter(_ -> computed.size() == 1 && behindLayer(computed.getFirst()).isPresent());
  }
}
