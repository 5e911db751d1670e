package dev.slipway.graph;

import java.util.Optional;

/** What a quantiser may do with an operator. */
public sealed interface QuantizationRule {

  /** Computes on integers: the weights per channel, the activations per tensor, the bias as int32. */
  record Weighted(int weightPort, int outputChannelAxis, Optional<Integer> biasPort) implements QuantizationRule {}

  /** Only moves data: the output has the input's scale. */
  record PassThrough() implements QuantizationRule {}

  /** All inputs and the output share one scale. */
  record SameScale() implements QuantizationRule {}

  /** Computes on integers with a scale of its own for each input and output. */
  record Activation() implements QuantizationRule {}

  /** Stays in floating point. */
  record KeepFloat(String reason) implements QuantizationRule {}
}
