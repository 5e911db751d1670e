package dev.slipway.analysis;

import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.operators.Network.Layer;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Map;
import java.util.SplittableRandom;

/** Twenty convolutions, each with as many channels as no other has, with all that stands between them in real models. */
final class DeepNetwork {
  static final int LAYERS = 20;
  private static final int SIZE = 9;
  private final SplittableRandom random = new SplittableRandom(5);
  private final Network network = new Network("deep");

  /** The channels behind a convolution. */
  static int channels(int layer) {
    return 6 + layer;
  }

  static Graph graph() {
    return new DeepNetwork().build();
  }

  static Map<String, Tensor> inputs() {
    Tensor image = Tensor.allocate(TensorType.of(DType.FLOAT32, 1, 3, SIZE, SIZE));
    SplittableRandom random = new SplittableRandom(6);
    for (int i = 0; i < image.elementCount(); i++) {
      image.setDouble(i, random.nextGaussian());
    }
    return Map.of("image", image);
  }

  private Graph build() {
    Layer layer = network.input("image", Dim.of(1), Dim.of(3), Dim.of(SIZE), Dim.of(SIZE));
    int channels = 3;
    for (int i = 0; i < LAYERS; i++) {
      int kernel = i % 2 == 0 ? 3 : 1;
      int out = channels(i);
      layer = layer.conv(random(1.4 / Math.sqrt(channels * kernel * kernel), out, channels, kernel, kernel), Network.window().pad(kernel / 2));
      layer = switch (i % 4) {
        case 0 -> layer.batchNormalization(one(out), random(0.1, out), random(0.1, out), one(out), 1e-5f).relu();
        case 1 -> layer.mul(layer.sigmoid());
        case 2 -> layer.add(random(0.1, out, 1, 1)).add(layer.tanh());
        default -> layer.relu();
      };
      channels = out;
    }
    return layer.globalAveragePool().flatten().gemm(random(0.3, channels, 10), random(0.1, 10)).softmax()
        .output("probabilities");
  }

  private Tensor random(double scale, long... dims) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (int i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, random.nextGaussian(0, scale));
    }
    return tensor;
  }

  private static Tensor one(long count) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, count);
    for (int i = 0; i < count; i++) {
      tensor.setDouble(i, 1);
    }
    return tensor;
  }
}
