package dev.slipway.conformance;

import static dev.slipway.conformance.RandomNetwork.dims;
import static dev.slipway.conformance.RandomNetwork.elements;
import static dev.slipway.conformance.RandomNetwork.list;

import dev.slipway.graph.Attributes;
import dev.slipway.operators.Network.Layer;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Layers of convolutional networks on N×C×H×W. */
final class RandomImageLayers {
  private static final int LARGEST_SIDE = 40;
  private static final int LARGEST_CHANNELS = 80;
  private final RandomNetwork network;
  private final List<UnaryOperator<Layer>> kinds = List.of(
      this::convolution,
      this::convolution,
      this::convolution,
      this::convolution,
      this::pointwise,
      this::pointwise,
      this::depthwise,
      this::depthwise,
      this::transposed,
      this::pooling,
      this::pooling,
      this::resized,
      this::residual,
      this::residual,
      this::concatenated,
      this::split,
      this::gated,
      this::shuffled,
      this::normalized,
      this::padded,
      this::reduced);

  RandomImageLayers(RandomNetwork network) {
    this.network = network;
  }

  /** A chain of layers and blocks, and what hangs off it. */
  void add() {
    int batch = network.oneOf(1, 1, 1, 2, 3);
    Layer x = network.input(batch, network.length(LARGEST_CHANNELS), side(), side());
    List<Layer> passed = new ArrayList<>();
    for (int i = network.between(1, 7); i > 0; i--) {
      x = network.oneOf(kinds).apply(x);
      if (network.chance(0.6)) {
        x = network.activation(x);
      }
      passed.add(x);
    }
    if (network.chance(0.3)) {
      network.output(network.oneOf(passed));
    }
    network.output(network.chance(0.3) ? head(x) : x);
  }

  private int side() {
    return network.between(1, network.chance(0.7) ? LARGEST_SIDE / 2 : LARGEST_SIDE);
  }

  private Layer head(Layer x) {
    Layer flat = x.globalAveragePool().flatten();
    int classes = network.length(40);
    int channels = (int) dims(flat)[1];
    Layer scores = flat.gemm(network.weights(channels, channels, classes), network.uniform(0.5, classes));
    return network.chance(0.5) ? scores.softmax() : scores;
  }

  // ---- convolutions

  private Layer convolution(Layer x) {
    int channels = (int) dims(x)[1];
    int groups = network.chance(0.15) ? divisor(channels) : 1;
    int outputs = groups * network.length(Math.max(1, LARGEST_CHANNELS / groups));
    return convolution(x, outputs, groups, network.oneOf(1, 1, 3, 3, 3, 3, 2, 5, 7), network.oneOf(1, 1, 1, 3, 5));
  }

  private Layer pointwise(Layer x) {
    Layer y = convolution(x, network.length(LARGEST_CHANNELS), 1, 1, 1);
    return network.chance(0.2) ? batchNormalized(y) : y;
  }

  private Layer depthwise(Layer x) {
    int channels = (int) dims(x)[1];
    int multiplier = network.chance(0.1) ? 2 : 1;
    int kernel = network.oneOf(3, 3, 3, 5, 7, 2, 1);
    return convolution(x, channels * multiplier, channels, kernel, network.chance(0.15) ? 1 : kernel);
  }

  /**
   * A convolution.
   *
   * @param otherKernel the window's width where it is not square; 1 for a square one
   */
  private Layer convolution(Layer x, int outputs, int groups, int kernel, int otherKernel) {
    long[] dims = dims(x);
    int perGroup = (int) dims[1] / groups;
    int width = network.chance(0.15) ? otherKernel : kernel;
    Axis rows = axis((int) dims[2], kernel);
    Axis columns = axis((int) dims[3], width);
    long cost = dims[0] * rows.outputs() * columns.outputs() * outputs * perGroup * rows.kernel * columns.kernel;
    if (cost > RandomNetwork.LARGEST_LAYER) {
      return x;
    }
    long terms = (long) perGroup * rows.kernel * columns.kernel;
    List<Layer> inputs = new ArrayList<>(List.of(
        x, network.constant(network.weights(terms, outputs, perGroup, rows.kernel, columns.kernel))));
    if (network.chance(0.8)) {
      inputs.add(network.constant(network.uniform(0.5, outputs)));
    }
    Attributes attributes = windows(rows, columns)
        .with("dilations", list(rows.dilation, columns.dilation))
        .with("group", groups);
    Layer y = network.add("Conv", attributes, inputs.toArray(Layer[]::new));
    return network.chance(0.15) ? batchNormalized(y) : y;
  }

  /** How a window moves along one axis. */
  private record Axis(int size, int kernel, int stride, int dilation, int before, int after) {
    int outputs() {
      return (size + before + after - dilation * (kernel - 1) - 1) / stride + 1;
    }
  }

  private Axis axis(int size, int kernel) {
    int stride = network.oneOf(1, 1, 1, 1, 1, 2, 2, 3);
    int dilation = network.chance(0.12) ? network.between(2, 3) : 1;
    int same = dilation * (kernel - 1) / 2;
    boolean asymmetric = network.chance(0.2);
    int before = asymmetric ? network.between(0, kernel) : network.chance(0.7) ? same : 0;
    int after = asymmetric ? network.between(0, kernel) : before;
    int missing = dilation * (kernel - 1) + 1 - size - before - after;
    return new Axis(size, kernel, stride, dilation, before, after + Math.max(0, missing));
  }

  private static Attributes windows(Axis rows, Axis columns) {
    return Attributes.of("strides", list(rows.stride, columns.stride))
        .with("pads", list(rows.before, columns.before, rows.after, columns.after));
  }

  private Layer transposed(Layer x) {
    long[] dims = dims(x);
    int kernel = network.oneOf(2, 2, 3, 4);
    int stride = network.oneOf(1, 2, 2);
    int pad = network.between(0, (kernel - 1) / 2);
    int outputs = network.length(40);
    if (elements(x) * outputs * kernel * kernel > RandomNetwork.LARGEST_LAYER || dims[2] > 24 || dims[3] > 24
        || (Math.min(dims[2], dims[3]) - 1) * stride + kernel - 2 * pad < 1) {
      return x;
    }
    return network.add(
        "ConvTranspose",
        Attributes.of("strides", list(stride, stride)).with("pads", list(pad, pad, pad, pad)),
        x,
        network.constant(network.weights(dims[1], dims[1], outputs, kernel, kernel)),
        network.constant(network.uniform(0.5, outputs)));
  }

  // ---- windows and sizes

  private Layer pooling(Layer x) {
    long[] dims = dims(x);
    int kernel = network.oneOf(2, 3, 3, 5);
    int stride = network.oneOf(1, 2, 2, 3);
    int pad = network.between(0, kernel / 2);
    int after = network.chance(0.2) ? network.between(0, kernel / 2) : pad;
    if (Math.min(dims[2], dims[3]) + pad + after < kernel) {
      return network.add("Sub", x, x.globalAveragePool());
    }
    Attributes attributes = Attributes.of("kernel_shape", list(kernel, kernel))
        .with("strides", list(stride, stride))
        .with("pads", list(pad, pad, after, after))
        .with("ceil_mode", network.chance(0.2) ? 1 : 0);
    return network.chance(0.6)
        ? network.add("MaxPool", attributes, x)
        : network.add("AveragePool", attributes.with("count_include_pad", network.between(0, 1)), x);
  }

  private Layer resized(Layer x) {
    long[] dims = dims(x);
    if (dims[2] > 20 || dims[3] > 20) {
      return x.mul(network.add("GlobalMaxPool", x));
    }
    float scale = network.oneOf(2f, 2f, 1.5f, 3f);
    boolean nearest = network.chance(0.6);
    Attributes attributes = Attributes.of("mode", nearest ? "nearest" : "linear")
        .with("coordinate_transformation_mode", nearest ? "asymmetric" : network.oneOf("half_pixel", "align_corners"))
        .with("nearest_mode", "floor");
    return network.add(
        "Resize",
        attributes,
        x,
        network.constant(Tensor.of(new float[0], 0)),
        network.constant(Tensor.of(new float[] {1, 1, scale, scale}, 4)));
  }

  private Layer padded(Layer x) {
    long[] pads = {
        0, 0, network.between(0, 2), network.between(0, 2), 0, 0, network.between(0, 2), network.between(0, 2)};
    return network.add("Pad", x, network.constant(Tensor.vector(pads)));
  }

  private Layer reduced(Layer x) {
    long[] axes = network.oneOf(new long[] {2, 3}, new long[] {3}, new long[] {1});
    String operator = network.oneOf("ReduceMean", "ReduceMax", "ReduceSum");
    Layer reduced = network.add(operator, x, network.constant(Tensor.vector(axes))).mul(Tensor.scalar(0.05f));
    return network.chance(0.2) ? reduced : x.add(reduced);
  }

  // ---- blocks

  private Layer residual(Layer x) {
    int channels = (int) dims(x)[1];
    Layer narrow = network.activation(same(x, network.length(48), network.oneOf(1, 3)));
    Layer wide = same(narrow, channels, network.oneOf(1, 3));
    if (!same(dims(wide), dims(x))) {
      return wide;
    }
    return network.chance(0.85) ? wide.add(x) : wide.mul(x.sigmoid());
  }

  /** A convolution that keeps the image's size. */
  private Layer same(Layer x, int outputs, int kernel) {
    long[] dims = dims(x);
    if (elements(x) * outputs * kernel * kernel > RandomNetwork.LARGEST_LAYER) {
      return x;
    }
    long pad = kernel / 2;
    return network.add(
        "Conv",
        Attributes.of("pads", list(pad, pad, pad, pad)),
        x,
        network.constant(network.weights(dims[1] * kernel * kernel, outputs, dims[1], kernel, kernel)),
        network.constant(network.uniform(0.5, outputs)));
  }

  private static boolean same(long[] a, long[] b) {
    return Arrays.equals(a, b);
  }

  private Layer concatenated(Layer x) {
    List<Layer> parts = new ArrayList<>();
    for (int i = network.between(2, 3); i > 0; i--) {
      parts.add(network.chance(0.2) ? x : network.activation(same(x, network.length(40), network.oneOf(1, 3))));
    }
    return network.add("Concat", Attributes.of("axis", 1), parts.toArray(Layer[]::new));
  }

  private Layer split(Layer x) {
    long channels = dims(x)[1];
    if (channels < 2) {
      return x;
    }
    long first = network.chance(0.5) ? channels / 2 : network.between(1, (int) channels - 1);
    List<Layer> parts = network.add(
        "Split", Attributes.of("axis", 1), 2, x, network.constant(Tensor.vector(first, channels - first)));
    Layer changed = network.activation(same(parts.get(0), (int) first, network.oneOf(1, 3)));
    return network.add("Concat", Attributes.of("axis", 1), parts.get(1), changed);
  }

  /** Squeeze and excitation. */
  private Layer gated(Layer x) {
    int channels = (int) dims(x)[1];
    Layer narrow = same(x.globalAveragePool(), network.between(1, 12), 1).relu();
    Layer gate = same(narrow, channels, 1);
    return x.mul(network.chance(0.5) ? gate.sigmoid() : network.add("HardSigmoid", gate));
  }

  /** Moves channels as ShuffleNet does, or between channels and space. */
  private Layer shuffled(Layer x) {
    long[] dims = dims(x);
    if (dims[1] % 4 == 0 && network.chance(0.3)) {
      return network.add("DepthToSpace", Attributes.of("blocksize", 2), x);
    }
    int groups = divisor((int) dims[1]);
    return x.reshape(dims[0], groups, dims[1] / groups, dims[2], dims[3])
        .transpose(0, 2, 1, 3, 4)
        .reshape(dims[0], dims[1], dims[2], dims[3]);
  }

  private Layer normalized(Layer x) {
    long[] dims = dims(x);
    int channels = (int) dims[1];
    return switch (network.between(0, 3)) {
      case 0 -> batchNormalized(x);
      case 1 -> x.mul(network.between(0.5, 1.5, channels, 1, 1)).add(network.uniform(0.5, channels, 1, 1));
      case 2 -> network.add("PRelu", x, network.constant(network.between(0.05, 0.4, channels, 1, 1)));
      default -> network.add("Softmax", Attributes.of("axis", network.between(1, 3)), x);
    };
  }

  private Layer batchNormalized(Layer x) {
    long channels = dims(x)[1];
    return x.batchNormalization(
        network.between(0.5, 1.5, channels),
        network.uniform(0.3, channels),
        network.uniform(0.3, channels),
        network.between(0.5, 1.5, channels),
        1e-5f);
  }

  private int divisor(int number) {
    int divisor = network.between(1, number);
    while (number % divisor != 0) {
      divisor--;
    }
    return divisor;
  }
}
