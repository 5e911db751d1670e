package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;

/** How quantisation is written into a graph. */
interface QuantizedForm {

  /** Whether all readers of a value get what stands for it, rather than layers alone. */
  default boolean isReadByAll() {
    return true;
  }

  /** What readers of a value get instead of it. */
  ValueId activation(GraphBuilder builder, ValueId value, String name, QuantParams params);

  /** The weights of a layer. */
  ValueId weights(GraphBuilder builder, Graph graph, Layer layer, LayerParameters parameters);

  /**
   * The bias of a layer that has one for each output channel.
   *
   * @param inputScale of the layer's activations
   */
  ValueId bias(GraphBuilder builder, Layer layer, LayerParameters parameters, float inputScale);
}
