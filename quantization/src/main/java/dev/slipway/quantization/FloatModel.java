package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.operators.ConvInteger;
import dev.slipway.operators.DynamicQuantizeLinear;
import dev.slipway.operators.MatMulInteger;
import dev.slipway.operators.QLinearConv;
import dev.slipway.operators.QLinearMatMul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.optimizer.FoldDequantizedWeights;
import dev.slipway.optimizer.Pass;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;

/** The form of a model that is quantised. */
final class FloatModel {
  private FloatModel() {}

  /**
   * The simplified model, batch normalisation folded, weights in floating point.
   *
   * @throws SlipwayException where it is quantised already
   */
  static Graph of(Graph model) {
    for (Node node : model.nodes()) {
      if (isQuantized(node)) {
        throw new SlipwayException("model " + model.name() + ": quantised already, see node " + node
            + " (expected: a float model; slipway build takes this one as it is)");
      }
    }
    List<Pass> passes = new ArrayList<>(Pipelines.simplify());
    passes.add(new FoldDequantizedWeights());
    return new PassDriver().run(passes, model).graph();
  }

  private static boolean isQuantized(Node node) {
    return switch (node.op()) {
      case QuantizeLinear _, DynamicQuantizeLinear _, QLinearConv _, QLinearMatMul _, ConvInteger _, MatMulInteger _ ->
          true;
      default -> false;
    };
  }
}
