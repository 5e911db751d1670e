package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Datum;
import java.util.List;

/**
 * A small network that a seed decides: layers of all kinds on odd shapes, in the structures that models have.
 *
 * @param inputs one for each input of the graph, in order
 */
public record RandomGraph(long seed, Graph graph, List<Datum> inputs) {

  /** The same graph, weights and inputs for the same seed. */
  public static RandomGraph of(long seed) {
    RandomNetwork network = new RandomNetwork(seed);
    if (network.chance(0.65)) {
      new RandomImageLayers(network).add();
    } else {
      new RandomSequenceLayers(network).add();
    }
    return new RandomGraph(seed, network.graph(), network.inputs());
  }
}
