package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.operators.BatchNormalization;
import dev.slipway.tensor.Tensor;
import java.util.Optional;
import java.util.stream.IntStream;

/** Moves a batch normalisation into the weights and the bias of the layer in front of it. */
public final class FoldBatchNormalization implements RewriteRule<BatchNormalization> {
  @Override
  public Class<BatchNormalization> anchor() {
    return BatchNormalization.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, BatchNormalization op) {
    LinearLayer layer = LinearLayer.of(graph, node.input(0)).orElse(null);
    if (layer == null) {
      return context.refuse(node, "no convolution or matrix product in front of it that it alone reads");
    }
    if (op.trainingMode() || Patterns.isRead(graph, node, 1) || Patterns.isRead(graph, node, 2)) {
      return context.refuse(node, "it is in training mode");
    }
    if (layer.channelAxis() != 1) {
      return context.refuse(node, "its channels are not those of " + layer.node().name());
    }
    Affine affine = Affine.of(graph, node, op).orElse(null);
    if (affine == null) {
      return context.refuse(node, "its parameters are not constant");
    }
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "folded " + node.name() + " into " + layer.node().name() + ": constant for each channel");
    Optional<String> obstacle = layer.absorb(graph, affine.scale(), affine.shift(), node, patch);
    return obstacle.isPresent() ? context.refuse(node, obstacle.get()) : Optional.of(patch.build());
  }

  /** x times scale plus shift, for each channel. */
  record Affine(double[] scale, double[] shift) {
    static Optional<Affine> of(Graph graph, Node node, BatchNormalization op) {
      if (IntStream.range(1, 5).anyMatch(port -> Patterns.constant(graph, node, port).isEmpty())) {
        return Optional.empty();
      }
      Tensor gamma = graph.constant(node.input(1)).orElseThrow();
      Tensor beta = graph.constant(node.input(2)).orElseThrow();
      Tensor mean = graph.constant(node.input(3)).orElseThrow();
      Tensor variance = graph.constant(node.input(4)).orElseThrow();
      int channels = Math.toIntExact(gamma.elementCount());
      double[] scale = new double[channels];
      double[] shift = new double[channels];
      for (int i = 0; i < channels; i++) {
        scale[i] = gamma.getDouble(i) / Math.sqrt(variance.getDouble(i) + op.epsilon());
        shift[i] = beta.getDouble(i) - mean.getDouble(i) * scale[i];
      }
      return Optional.of(new Affine(scale, shift));
    }
  }
}
