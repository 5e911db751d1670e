package dev.slipway.conformance;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.operators.Network.Layer;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** A network under construction, and the random numbers that decide it. Not thread-safe. */
final class RandomNetwork {
  /** The reference is slow: so many multiply-adds at most in one layer. */
  static final long LARGEST_LAYER = 3_000_000;

  private static final int[] EDGES = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 63, 64, 65};
  private final SplittableRandom random;
  private final Network network;
  private final List<Datum> inputs = new ArrayList<>();
  private int outputs;

  RandomNetwork(long seed) {
    random = new SplittableRandom(seed);
    network = new Network("random-" + seed);
  }

  Graph graph() {
    return network.build();
  }

  List<Datum> inputs() {
    return List.copyOf(inputs);
  }

  void output(Layer layer) {
    layer.output("output_" + outputs++);
  }

  // ---- numbers

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  /** From {@code low} to {@code high}, both included. */
  int between(int low, int high) {
    return random.nextInt(low, high + 1);
  }

  @SafeVarargs
  final <T> T oneOf(T... values) {
    return values[random.nextInt(values.length)];
  }

  <T> T oneOf(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** A length around the ends of vectors and tiles, or any other. */
  int length(int largest) {
    int edge = EDGES[random.nextInt(EDGES.length)];
    return edge <= largest && chance(0.6) ? edge : between(1, largest);
  }

  /** Evenly from -bound to bound. */
  Tensor uniform(double bound, long... dims) {
    return between(-bound, bound, dims);
  }

  Tensor between(double low, double high, long... dims) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, low + (high - low) * random.nextDouble());
    }
    return tensor;
  }

  /** Weights under which sums of so many products keep the magnitude of their inputs. */
  Tensor weights(long terms, long... dims) {
    return uniform(Math.sqrt(3.0 / Math.max(1, terms)), dims);
  }

  // ---- layers

  Layer input(long... dims) {
    inputs.add(uniform(1.5, dims));
    return network.input("input_" + (inputs.size() - 1), Arrays.stream(dims).mapToObj(Dim::of).toArray(Dim[]::new));
  }

  Layer constant(Tensor tensor) {
    return network.constant("constant", tensor);
  }

  Layer add(String operator, Attributes attributes, Layer... layers) {
    return network.add(operator, attributes, layers);
  }

  Layer add(String operator, Layer... layers) {
    return network.add(operator, Attributes.NONE, layers);
  }

  List<Layer> add(String operator, Attributes attributes, int count, Layer... layers) {
    return network.add(operator, attributes, count, layers);
  }

  static long[] dims(Layer layer) {
    return layer.type().shape().known();
  }

  static long elements(Layer layer) {
    return Shape.product(dims(layer));
  }

  static List<Long> list(long... values) {
    return LongStream.of(values).boxed().toList();
  }

  /** Any activation, by an operator or as models spell it. */
  Layer activation(Layer x) {
    return switch (between(0, 16)) {
      case 0, 1, 2 -> x.relu();
      case 3 -> x.clip(0, 6);
      case 4 -> add("LeakyRelu", Attributes.of("alpha", 0.1f), x);
      case 5 -> x.sigmoid();
      case 6 -> x.tanh();
      case 7 -> x.mul(x.sigmoid());
      case 8 -> add("HardSwish", x);
      case 9 -> add("HardSigmoid", x);
      case 10 -> x.gelu();
      case 11 -> x.mul(add("Erf", x.mul(Tensor.scalar(0.70710677f))).add(Tensor.scalar(1f))).mul(Tensor.scalar(0.5f));
      case 12 -> add("Elu", x);
      case 13 -> add("Softplus", x);
      case 14 -> add("Mish", x);
      case 15 -> x.mul(Tensor.scalar(0.75f)).add(Tensor.scalar(0.25f));
      default -> x.mul(x.add(Tensor.scalar(3f)).clip(0, 6)).mul(Tensor.scalar(1 / 6f));
    };
  }
}
