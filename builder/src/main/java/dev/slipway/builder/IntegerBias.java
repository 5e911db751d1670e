package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/** A constant bias: integers that sums start from, where it has their scale, and else floats. */
record IntegerBias(Optional<Tensor> start, Optional<Tensor> floats) {
  static final IntegerBias NONE = new IntegerBias(Optional.empty(), Optional.empty());

  /** How far a scale may be from the product of those of activations and weights. */
  private static final double SAME_SCALE = 1e-6;

  /**
   * The bias that a value is; empty where it is computed.
   *
   * @param steps for each channel what a sum counts in
   */
  static Optional<IntegerBias> of(Graph graph, ValueId value, double[] steps) {
    Optional<Tensor> constant = graph.constant(value);
    if (constant.isPresent()) {
      return Optional.of(new IntegerBias(Optional.empty(), constant)).filter(bias -> bias.fits(steps.length));
    }
    Optional<Node> producer = graph.producer(value).filter(node -> node.op() instanceof DequantizeLinear);
    if (producer.isEmpty()
        || producer.get().inputs().stream().anyMatch(id -> id.isPresent() && graph.constant(id).isEmpty())) {
      return Optional.empty();
    }
    Tensor[] inputs = producer.get().inputs().stream()
        .filter(ValueId::isPresent)
        .map(id -> graph.constant(id).orElseThrow())
        .toArray(Tensor[]::new);
    IntegerBias bias = isOfSums(inputs, steps)
        ? new IntegerBias(Optional.of(inputs[0]), Optional.empty())
        : new IntegerBias(
            Optional.empty(), Optional.of(new Interpreter().evaluate(producer.get().op(), inputs)));
    return Optional.of(bias).filter(own -> own.fits(steps.length));
  }

  private boolean fits(int channels) {
    Tensor values = start.or(() -> floats).orElseThrow();
    return values.elementCount() == channels || values.elementCount() == 1;
  }

  private static boolean isOfSums(Tensor[] inputs, double[] steps) {
    if (inputs[0].dtype() != DType.INT32 || inputs.length > 2 && inputs[2].getLong(0) != 0) {
      return false;
    }
    for (int i = 0; i < steps.length; i++) {
      double step = inputs[1].getDouble(inputs[1].elementCount() == 1 ? 0 : i);
      if (!(Math.abs(step - steps[i]) <= SAME_SCALE * steps[i])) {
        return false;
      }
    }
    return inputs[0].elementCount() == steps.length;
  }

  long start(int channel) {
    return start.map(values -> values.getLong(values.elementCount() == 1 ? 0 : channel)).orElse(0L);
  }

  double offset(int channel) {
    return floats.map(values -> values.getDouble(values.elementCount() == 1 ? 0 : channel)).orElse(0.0);
  }
}
