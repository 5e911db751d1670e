package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.operators.Add;
import dev.slipway.operators.Div;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Sub;
import java.util.Arrays;
import java.util.Optional;

/**
 * Moves the addition of a constant, and the multiplication by one, into the bias and the weights of the layer in front
 * of it.
 */
public final class FoldAffine implements RewriteRule<Elementwise> {
  @Override
  public Class<Elementwise> anchor() {
    return Elementwise.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Elementwise op) {
    if (!(op instanceof Add || op instanceof Sub || op instanceof Mul || op instanceof Div)) {
      return Optional.empty();
    }
    Patterns.ConstantOperand operand = Patterns.constantOperand(graph, node).orElse(null);
    if (operand == null || !graph.tensorType(node.output()).dtype().isFloat()) {
      return Optional.empty();
    }
    LinearLayer layer = LinearLayer.of(graph, operand.value()).orElse(null);
    if (layer == null) {
      return Optional.empty();
    }
    if (op instanceof Div && operand.value().equals(node.input(1))) {
      return context.refuse(node, "it divides by the output of " + layer.node().name());
    }
    Optional<double[]> constant = graph.shape(node.output()).ranked()
            && graph.shape(node.output()).rank() == layer.rank()
        ? Patterns.perChannel(operand.constant(), layer.rank(), layer.channelAxis(), layer.channels())
        : Optional.empty();
    if (constant.isEmpty()) {
      return context.refuse(node, "its constant is not one for each channel of " + layer.node().name());
    }
    double[] scale = new double[layer.channels()];
    double[] shift = new double[layer.channels()];
    Arrays.fill(scale, 1);
    boolean reversed = operand.value().equals(node.input(1));
    for (int i = 0; i < scale.length; i++) {
      double c = constant.get()[i];
      switch (op) {
        case Add add -> shift[i] = c;
        case Sub sub -> {
          scale[i] = reversed ? -1 : 1;
          shift[i] = reversed ? c : -c;
        }
        case Mul mul -> scale[i] = c;
        default -> scale[i] = 1 / c;
      }
    }
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "folded " + node.name() + " into " + layer.node().name() + ": constant for each channel");
    Optional<String> obstacle = layer.absorb(graph, scale, shift, node, patch);
    return obstacle.isPresent() ? context.refuse(node, obstacle.get()) : Optional.of(patch.build());
  }
}
