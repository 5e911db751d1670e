package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/** Computes the float weights of quantised ones that are read by engines in floating point. */
public final class FoldDequantizedWeights implements RewriteRule<DequantizeLinear> {
  @Override
  public Class<DequantizeLinear> anchor() {
    return DequantizeLinear.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, DequantizeLinear op) {
    Tensor[] inputs = node.inputs().stream()
        .filter(ValueId::isPresent)
        .map(id -> graph.constant(id).orElse(null))
        .toArray(Tensor[]::new);
    for (Tensor input : inputs) {
      if (input == null) {
        return Optional.empty();
      }
    }
    if (readByIntegers(graph, node)) {
      return context.refuse(node, "its readers have quantised activations and compute on integers");
    }
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "dequantised " + node.name() + ": weights of readers that compute in floating point");
    ValueId weights =
        patch.constant(graph.value(node.output()).name() + ".folded", new Interpreter().evaluate(op, inputs));
    return Optional.of(patch.replace(node.output(), weights).build());
  }

  /** Whether a reader has another input that is dequantised from a value that is computed. */
  private static boolean readByIntegers(Graph graph, Node node) {
    return graph.consumers(node.output()).stream()
        .flatMap(reader -> reader.inputs().stream())
        .flatMap(id -> Patterns.producer(graph, id, DequantizeLinear.class).stream())
        .anyMatch(other -> graph.constant(other.input(0)).isEmpty());
  }
}
