package dev.slipway.quantization;

import dev.slipway.tensor.SlipwayException;

/** What shares a scale where activations are quantised while the model runs. */
public enum DynamicScale {
  /** All of a tensor: unsigned, with a zero point. */
  PER_TENSOR("per-tensor"),
  /** Each row of a left matrix, a token in language models: symmetric. */
  PER_TOKEN("per-token");

  private final String label;

  DynamicScale(String label) {
    this.label = label;
  }

  /** The name for users. */
  public String label() {
    return label;
  }

  /**
   * The one of this name.
   *
   * @throws SlipwayException where there is none
   */
  public static DynamicScale named(String name) {
    for (DynamicScale scale : values()) {
      if (scale.label.equals(name)) {
        return scale;
      }
    }
    throw new SlipwayException("dynamic scale: " + name + " (expected: per-tensor or per-token)");
  }
}
