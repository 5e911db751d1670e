package dev.slipway.conformance;

import static dev.slipway.conformance.RandomNetwork.dims;
import static dev.slipway.conformance.RandomNetwork.elements;

import dev.slipway.operators.Network.Layer;
import dev.slipway.tensor.Tensor;

/** Attention in the forms in which models have it, and in some that are nearly those. */
final class RandomAttention {
  private final RandomNetwork network;

  RandomAttention(RandomNetwork network) {
    this.network = network;
  }

  /** Of batch × sequence × features on itself or on its first positions; the value itself where that is too much. */
  Layer add(Layer x) {
    long[] dims = dims(x);
    int heads = network.between(1, 4);
    int size = network.length(32);
    if (elements(x) * heads * size > RandomNetwork.LARGEST_LAYER) {
      return x;
    }
    Layer seen = network.chance(0.3) ? first(x, network.between(1, (int) dims[1])) : x;
    int valueSize = network.chance(0.2) ? network.length(32) : size;
    Layer query = heads(x, heads, size).transpose(0, 2, 1, 3);
    // Heads that are not what a Reshape and a Transpose give stay apart.
    query = network.chance(0.2) ? network.activation(query) : query;
    Layer scores = scaled(query, heads(seen, heads, size).transpose(0, 2, 3, 1), size);
    if (network.chance(0.5)) {
      scores = scores.add(mask(dims(scores)));
    }
    Layer values = heads(seen, heads, valueSize).transpose(0, 2, 1, 3);
    return scores.softmax()
        .matMul(values)
        .transpose(0, 2, 1, 3)
        .reshape(dims[0], dims[1], (long) heads * valueSize);
  }

  private Layer first(Layer x, int positions) {
    return network.add(
        "Slice",
        x,
        network.constant(Tensor.vector(0L)),
        network.constant(Tensor.vector((long) positions)),
        network.constant(Tensor.vector(1L)));
  }

  private Layer heads(Layer x, int heads, int size) {
    long[] dims = dims(x);
    return x.matMul(network.weights(dims[2], dims[2], (long) heads * size))
        .add(network.uniform(0.5, (long) heads * size))
        .reshape(dims[0], dims[1], heads, size);
  }

  /** Divided by the root of the size, before the product or after it. */
  private Layer scaled(Layer query, Layer keys, int size) {
    double root = Math.sqrt(size);
    return switch (network.between(0, 2)) {
      case 0 -> query.mul(Tensor.scalar((float) (1 / root))).matMul(keys);
      case 1 -> network.add("Div", query.matMul(keys), network.constant(Tensor.scalar((float) root)));
      default -> query.matMul(keys).mul(Tensor.scalar((float) (1 / root)));
    };
  }

  /** For batch × heads × queries × keys, along some of these; it may nearly close keys, but for the first. */
  private Tensor mask(long[] scores) {
    Tensor mask = network.uniform(
        2, network.oneOf(1L, scores[0]), network.oneOf(1L, scores[1]), network.oneOf(1L, scores[2]), scores[3]);
    if (network.chance(0.3)) {
      for (long i = 0; i < mask.elementCount(); i++) {
        mask.setDouble(i, i % scores[3] > 0 && network.chance(0.3) ? -10_000 : 0);
      }
    }
    return mask;
  }
}
