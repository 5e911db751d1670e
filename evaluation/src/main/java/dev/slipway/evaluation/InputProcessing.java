package dev.slipway.evaluation;

import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Map;

/** The way from an item to the inputs of a model. Immutable; threads may share one. */
public interface InputProcessing {

  /** How many samples an item makes: one, or one for each text of a pair. */
  default int samplesPerItem() {
    return 1;
  }

  /** Whether all items become inputs of the same shapes. */
  default boolean hasFixedShape() {
    return false;
  }

  /**
   * Prepares an item.
   *
   * @param inputs the model's inputs
   * @return as many as {@link #samplesPerItem()}
   * @throws dev.slipway.tensor.SlipwayException where this processing does not suit the item or the model
   */
  List<Sample> prepare(Item item, Map<String, ValueType> inputs);
}
