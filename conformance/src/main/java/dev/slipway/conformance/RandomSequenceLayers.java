package dev.slipway.conformance;

import static dev.slipway.conformance.RandomNetwork.dims;
import static dev.slipway.conformance.RandomNetwork.elements;

import dev.slipway.graph.Attributes;
import dev.slipway.operators.Network.Layer;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Layers of transformers and recurrent networks on batch × sequence × features. */
final class RandomSequenceLayers {
  /** Fewer numbers than this may all be nearly the same, which normalisation blows up. */
  private static final int FEWEST_TO_NORMALIZE = 8;

  private final RandomNetwork network;
  private final List<UnaryOperator<Layer>> kinds;

  RandomSequenceLayers(RandomNetwork network) {
    this.network = network;
    RandomAttention attention = new RandomAttention(network);
    kinds = List.of(
        this::dense,
        this::dense,
        this::dense,
        this::feedForward,
        attention::add,
        attention::add,
        this::recurrent,
        this::normalized,
        this::normalized,
        this::softmax,
        this::product,
        this::matrix,
        this::residual,
        this::concatenated,
        this::reduced);
  }

  void add() {
    Layer x = network.input(network.oneOf(1, 1, 1, 2, 3), network.length(40), network.length(96));
    for (int i = network.between(1, 6); i > 0; i--) {
      x = network.oneOf(kinds).apply(x);
      if (network.chance(0.3)) {
        x = network.activation(x);
      }
    }
    network.output(x);
  }

  private Layer dense(Layer x) {
    return dense(x, network.length(96));
  }

  private Layer dense(Layer x, int outputs) {
    long inputs = dims(x)[2];
    if (elements(x) * outputs > RandomNetwork.LARGEST_LAYER) {
      return x;
    }
    Layer y = x.matMul(network.weights(inputs, inputs, outputs));
    return network.chance(0.8) ? y.add(network.uniform(0.5, outputs)) : y;
  }

  private Layer feedForward(Layer x) {
    Layer wide = network.activation(dense(x, network.length(96)));
    Layer y = dense(wide, (int) dims(x)[2]);
    return dims(y)[2] == dims(x)[2] ? normalized(y.add(x)) : y;
  }

  private Layer recurrent(Layer x) {
    long[] dims = dims(x);
    boolean both = network.chance(0.3);
    int directions = both ? 2 : 1;
    boolean lstm = network.chance(0.7);
    int gates = lstm ? 4 : 3;
    int hidden = network.length(40);
    if (dims[0] * dims[1] * directions * gates * hidden * (hidden + dims[2]) > RandomNetwork.LARGEST_LAYER) {
      return x;
    }
    Attributes attributes = Attributes.of("hidden_size", hidden)
        .with("direction", both ? "bidirectional" : network.oneOf("forward", "forward", "reverse"));
    if (!lstm) {
      attributes = attributes.with("linear_before_reset", network.between(0, 1));
    }
    Layer y = network.add(
            lstm ? "LSTM" : "GRU",
            attributes,
            1,
            x.transpose(1, 0, 2),
            network.constant(network.weights(dims[2], directions, (long) gates * hidden, dims[2])),
            network.constant(network.weights(hidden, directions, (long) gates * hidden, hidden)),
            network.constant(network.uniform(0.3, directions, 2L * gates * hidden)))
        .getFirst();
    return y.transpose(2, 0, 1, 3).reshape(dims[0], dims[1], (long) directions * hidden);
  }

  private Layer normalized(Layer x) {
    long features = dims(x)[2];
    if (features < FEWEST_TO_NORMALIZE) {
      return x;
    }
    return x.layerNormalization(network.between(0.5, 1.5, features), network.uniform(0.3, features), 1e-3f);
  }

  private Layer softmax(Layer x) {
    return network.add("Softmax", Attributes.of("axis", network.oneOf(-1, -1, 1)), x);
  }

  /** The product of two activations. */
  private Layer product(Layer x) {
    long[] dims = dims(x);
    Layer scale = x.mul(Tensor.scalar((float) (1 / Math.sqrt(dims[2]))));
    if (elements(x) * dims[1] > RandomNetwork.LARGEST_LAYER) {
      return scale;
    }
    return scale.matMul(network.activation(x).transpose(0, 2, 1));
  }

  /** A product of matrices with everything that Gemm has. */
  private Layer matrix(Layer x) {
    long[] dims = dims(x);
    long rows = dims[0] * dims[1];
    int outputs = network.length(96);
    if (elements(x) * outputs > RandomNetwork.LARGEST_LAYER) {
      return x;
    }
    boolean transposed = network.chance(0.5);
    Tensor weights = transposed
        ? network.weights(dims[2], outputs, dims[2])
        : network.weights(dims[2], dims[2], outputs);
    List<Layer> inputs = new ArrayList<>(List.of(x.reshape(rows, dims[2]), network.constant(weights)));
    if (network.chance(0.8)) {
      inputs.add(network.constant(network.chance(0.8)
          ? network.uniform(0.5, outputs)
          : network.uniform(0.5, network.oneOf(1L, rows), outputs)));
    }
    Attributes attributes = Attributes.of("transB", transposed ? 1 : 0);
    if (network.chance(0.2)) {
      attributes = attributes.with("alpha", 0.5f).with("beta", 0.25f);
    }
    return network.add("Gemm", attributes, inputs.toArray(Layer[]::new)).reshape(dims[0], dims[1], outputs);
  }

  private Layer residual(Layer x) {
    Layer y = network.activation(dense(x, (int) dims(x)[2]));
    return network.chance(0.8) ? y.add(x) : y.mul(x);
  }

  private Layer concatenated(Layer x) {
    return network.add("Concat", Attributes.of("axis", 2), network.activation(x), dense(x));
  }

  private Layer reduced(Layer x) {
    Layer mean = network.add("ReduceMean", x, network.constant(Tensor.vector(network.oneOf(1L, 2L))));
    return network.chance(0.5) ? x.add(network.add("Neg", mean)) : mean;
  }
}
