package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/**
 * What a byte stands for: {@code (byte - zero point) * step}, the byte being unsigned. A signed one is moved by 128,
 * and its zero point with it.
 */
record ByteScale(float step, int zeroPoint) {
  private static final int SIGNED_SHIFT = 128;

  /** The scale of a QuantizeLinear or DequantizeLinear with one constant scale; empty where there is none. */
  static Optional<ByteScale> of(Graph graph, Node node, DType quantized) {
    Optional<Tensor> step = single(graph, node, 1);
    boolean hasZeroPoint = node.hasInput(2);
    Optional<Tensor> zeroPoint = hasZeroPoint ? single(graph, node, 2) : Optional.empty();
    boolean isByte = quantized == DType.INT8 || quantized == DType.UINT8;
    if (!isByte || step.isEmpty() || step.get().dtype() != DType.FLOAT32 || hasZeroPoint && zeroPoint.isEmpty()) {
      return Optional.empty();
    }
    float size = (float) step.get().getDouble(0);
    if (!(size > 0) || Float.isInfinite(size)) {
      return Optional.empty();
    }
    int zero = zeroPoint.map(tensor -> (int) tensor.getLong(0)).orElse(0);
    return Optional.of(new ByteScale(size, quantized == DType.INT8 ? zero + SIGNED_SHIFT : zero));
  }

  private static Optional<Tensor> single(Graph graph, Node node, int port) {
    return graph.constant(node.input(port)).filter(tensor -> tensor.elementCount() == 1);
  }

  static Optional<DType> dtype(Graph graph, ValueId id) {
    return graph.type(id) instanceof TensorType type ? Optional.of(type.dtype()) : Optional.empty();
  }

  Tensor stepTensor() {
    return Tensor.scalar(step);
  }

  Tensor zeroPointTensor() {
    return Tensor.scalar(DType.UINT8, zeroPoint);
  }
}
