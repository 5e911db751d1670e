package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/**
 * Constant weights behind DequantizeLinear, as signed bytes that stand for {@code weight * steps[channel]}.
 *
 * @param axis of the output channels
 */
record IntegerWeights(Tensor weights, double[] steps, int axis) {

  /** The weights that a value is; empty where it is none, or does not fit signed bytes less its zero points. */
  static Optional<IntegerWeights> of(Graph graph, ValueId value, int axis) {
    Optional<Node> producer = graph.producer(value).filter(node -> node.op() instanceof DequantizeLinear);
    if (producer.isEmpty() || producer.get().inputs().stream().anyMatch(id -> isComputed(graph, id))) {
      return Optional.empty();
    }
    DequantizeLinear op = (DequantizeLinear) producer.get().op();
    Tensor quantized = graph.constant(producer.get().input(0)).orElseThrow();
    Tensor scale = graph.constant(producer.get().input(1)).orElseThrow();
    boolean isByte = quantized.dtype() == DType.INT8 || quantized.dtype() == DType.UINT8;
    long own = op.axis() < 0 ? op.axis() + quantized.rank() : op.axis();
    if (!isByte || op.blockSize() != 0 || axis >= quantized.rank() || scale.dtype() != DType.FLOAT32
        || scale.elementCount() != 1 && own != axis) {
      return Optional.empty();
    }
    Optional<Tensor> zeroPoint =
        producer.get().hasInput(2) ? graph.constant(producer.get().input(2)) : Optional.empty();
    return centered(quantized, scale, zeroPoint, axis);
  }

  private static boolean isComputed(Graph graph, ValueId id) {
    return id.isPresent() && graph.constant(id).isEmpty();
  }

  private static Optional<IntegerWeights> centered(
      Tensor quantized, Tensor scale, Optional<Tensor> zeroPoint, int axis) {
    int channels = Math.toIntExact(quantized.dim(axis));
    long inner = 1;
    for (int i = axis + 1; i < quantized.rank(); i++) {
      inner *= quantized.dim(i);
    }
    Tensor centered = Tensor.allocate(DType.INT8, quantized.dims());
    for (long i = 0; i < quantized.elementCount(); i++) {
      long channel = i / inner % channels;
      long zero = zeroPoint.map(tensor -> tensor.getLong(tensor.elementCount() == 1 ? 0 : channel)).orElse(0L);
      long weight = quantized.getLong(i) - zero;
      if (weight < Byte.MIN_VALUE || weight > Byte.MAX_VALUE) {
        return Optional.empty();
      }
      centered.setLong(i, weight);
    }
    double[] steps = new double[channels];
    for (int i = 0; i < channels; i++) {
      steps[i] = scale.getDouble(scale.elementCount() == 1 ? 0 : i);
    }
    return Optional.of(new IntegerWeights(centered, steps, axis));
  }

  int channels() {
    return steps.length;
  }

  /** A matrix K x N from one N x K. */
  IntegerWeights transposed() {
    long rows = weights.dim(0);
    long columns = weights.dim(1);
    Tensor other = Tensor.allocate(DType.INT8, columns, rows);
    for (long i = 0; i < rows * columns; i++) {
      other.setLong(i % columns * rows + i / columns, weights.getLong(i));
    }
    return new IntegerWeights(other, steps, 1 - axis);
  }
}
