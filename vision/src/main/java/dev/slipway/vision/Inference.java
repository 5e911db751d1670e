package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Map;

/** A network that can be run, whatever runs it: inputs by name in, outputs by name out. */
@FunctionalInterface
public interface Inference {

  /** The outputs; their memory must stay valid at least until the next call. */
  Map<String, Tensor> run(Map<String, Tensor> inputs);

  /**
   * Runs a network that has one input and one output.
   *
   * @throws SlipwayException where it gives more than one output
   */
  default Tensor run(String input, Tensor value) {
    Map<String, Tensor> outputs = run(Map.of(input, value));
    if (outputs.size() != 1) {
      throw new SlipwayException("outputs of the network: " + outputs.keySet() + " (expected: one)");
    }
    return outputs.values().iterator().next();
  }
}
