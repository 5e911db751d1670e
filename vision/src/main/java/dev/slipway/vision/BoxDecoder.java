package dev.slipway.vision;

import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Reads the boxes out of what a detection network gives, before any are suppressed. Immutable; threads may share one.
 */
@FunctionalInterface
public interface BoxDecoder {

  /**
   * Decodes one picture.
   *
   * @param outputs by name, of a batch of one
   * @param width of the network's input, in pixels
   * @param height of the network's input, in pixels
   * @param minScore boxes at or under this score are left out
   * @return boxes in pixels of the network's input, in the order of the outputs; a place with several labels above the
   *     score gives a box for each
   * @throws dev.slipway.tensor.SlipwayException where an output is missing or not of the shape that is decoded
   */
  List<Detection> decode(Map<String, Tensor> outputs, int width, int height, double minScore);
}
