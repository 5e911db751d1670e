package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Gemm;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A node with weights that can compute on integers.
 *
 * @param channelAxis the axis of the weights along which output channels lie
 * @param bias a constant with one number for each output channel; {@link ValueId#ABSENT} where there is none
 */
public record Layer(Node node, int weightPort, int channelAxis, int biasPort, ValueId bias) {

  public String name() {
    return node.name();
  }

  /** The activations. */
  public ValueId input() {
    return node.input(0);
  }

  public ValueId weights() {
    return node.input(weightPort);
  }

  /** The weights, float32. */
  Tensor weights(Graph graph) {
    return graph.constant(weights()).orElseThrow();
  }

  Optional<Tensor> bias(Graph graph) {
    return graph.constant(bias);
  }

  int channels(Graph graph) {
    return Math.toIntExact(weights(graph).dim(channelAxis));
  }

  /** The layer that a node of this rule is. */
  static Layer of(Graph graph, Node node, QuantizationRule.Weighted rule) {
    int biasPort = rule.biasPort().orElse(-1);
    ValueId bias = biasPort >= 0 && node.hasInput(biasPort) ? node.input(biasPort) : ValueId.ABSENT;
    long channels = graph.shape(node.input(rule.weightPort())).known()[rule.outputChannelAxis()];
    boolean perChannel = graph.constant(bias).filter(b -> b.rank() == 1 && b.elementCount() == channels).isPresent();
    return new Layer(
        node, rule.weightPort(), rule.outputChannelAxis(), biasPort, perChannel ? bias : ValueId.ABSENT);
  }

  /** Why a node of this rule must stay in floating point; empty where it need not. */
  static Optional<String> obstacle(Graph graph, Node node, QuantizationRule.Weighted rule) {
    ValueId weights = node.input(rule.weightPort());
    if (!(graph.type(node.input(0)) instanceof TensorType type) || type.dtype() != DType.FLOAT32) {
      return Optional.of("its input is " + graph.type(node.input(0)) + " (expected: float32)");
    }
    if (graph.constant(weights).isEmpty()) {
      return Optional.of("its weights are computed, both factors are activations");
    }
    if (graph.constant(node.input(0)).isPresent()) {
      return Optional.of("its input is constant");
    }
    Tensor tensor = graph.constant(weights).get();
    if (tensor.elementCount() == 0) {
      return Optional.of("its weights are empty");
    }
    if (rule.outputChannelAxis() >= tensor.rank() || node.op().schema().name().equals("MatMul") && tensor.rank() != 2) {
      return Optional.of("its weights have rank " + tensor.rank() + " (expected: 2)");
    }
    if (node.op() instanceof Gemm gemm && !List.of(gemm.alpha(), gemm.beta()).equals(List.of(1f, 1f))) {
      return Optional.of("alpha " + gemm.alpha() + " and beta " + gemm.beta() + " (expected: 1 and 1)");
    }
    if (node.op() instanceof Gemm gemm && gemm.transA()) {
      return Optional.of("its activations are transposed");
    }
    return Optional.empty();
  }
}
