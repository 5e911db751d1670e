package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** QuantizeLinear and DequantizeLinear: standard ONNX. Weights are int8 or float8, biases int32. */
final class QdqForm implements QuantizedForm {
  private final DType weights;

  /** @param weights int8 or a float8 */
  QdqForm(DType weights) {
    this.weights = weights;
  }

  @Override
  public boolean isReadByAll() {
    return weights.isInteger();
  }

  @Override
  public ValueId activation(GraphBuilder builder, ValueId value, String name, QuantParams params) {
    ValueId scale = builder.constant(name + "_scale", Tensor.scalar(params.scale()));
    ValueId zeroPoint =
        builder.constant(name + "_zero_point", Tensor.scalar(params.dtype(), params.zeroPoint()));
    ValueId quantized = add(builder, new QuantizeLinear(1), name, "_quantized", List.of(value, scale, zeroPoint));
    return add(builder, new DequantizeLinear(1), name, "_dequantized", List.of(quantized, scale, zeroPoint));
  }

  @Override
  public ValueId weights(GraphBuilder builder, Graph graph, Layer layer, LayerParameters parameters) {
    String name = layer.name() + "_weights";
    long[] dims = layer.weights(graph).dims();
    Tensor levels = Tensor.allocate(weights, dims);
    MemorySegment.copy(MemorySegment.ofArray(parameters.levels()), 0, levels.data(), 0, parameters.levels().length);
    return dequantized(builder, name, levels, parameters.scales(), layer.channelAxis());
  }

  @Override
  public ValueId bias(GraphBuilder builder, Layer layer, LayerParameters parameters, float inputScale) {
    int[] levels = parameters.biasLevels(inputScale);
    float[] scales = new float[parameters.scales().length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = parameters.biasScale(inputScale, i);
    }
    return dequantized(builder, layer.name() + "_bias", Tensor.of(levels, levels.length), scales, 0);
  }

  private static ValueId dequantized(GraphBuilder builder, String name, Tensor levels, float[] scales, int axis) {
    boolean single = scales.length == 1;
    ValueId scale = builder.constant(
        name + "_scale", single ? Tensor.scalar(scales[0]) : Tensor.of(scales, scales.length));
    ValueId zeroPoint = builder.constant(name + "_zero_point",
        single ? Tensor.allocate(levels.dtype()) : Tensor.allocate(levels.dtype(), scales.length));
    ValueId values = builder.constant(name + "_quantized", levels);
    return add(builder, new DequantizeLinear(single ? 1 : axis), name, "_dequantized",
        List.of(values, scale, zeroPoint));
  }

  private static ValueId add(
      GraphBuilder builder, dev.slipway.graph.Op op, String name, String suffix, List<ValueId> inputs) {
    return builder.add(name + "_" + op.schema().name(), op, inputs, List.of(name + suffix)).getFirst();
  }
}
