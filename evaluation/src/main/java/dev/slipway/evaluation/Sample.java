package dev.slipway.evaluation;

import dev.slipway.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * An item that is ready for a model.
 *
 * @param name what messages call it
 * @param inputs by name, a batch of one; their memory is read by whoever gets them, not written
 */
public record Sample(String name, Map<String, Tensor> inputs, Label label) {
  public Sample {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(label, "label");
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
  }
}
