package dev.slipway.benchmarks;

import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.operators.Network.Layer;
import dev.slipway.operators.Network.Window;
import dev.slipway.tensor.Dim;

/**
 * ResNet-50 v1.5 (He et al., arXiv 1512.03385, with the stride on the 3×3 convolutions) on images N×3×224×224, with
 * random weights: 4.1 G multiply-adds an image.
 */
final class ResNet50 {
  static final String INPUT = "image";
  private static final int[] BLOCKS = {3, 4, 6, 3};
  private static final int EXPANSION = 4;
  private static final int CLASSES = 1000;
  /** Keeps the sum of residuals from growing. */
  private static final double RESIDUAL_SCALE = 0.25;

  private final RandomWeights weights = new RandomWeights(50);
  private final Network network = new Network("resnet50");

  private ResNet50() {}

  /** The network for so many images at once. */
  static Graph graph(long batch) {
    return graph(Dim.of(batch));
  }

  static Graph graph(Dim batch) {
    return new ResNet50().build(batch);
  }

  private Graph build(Dim batch) {
    Layer x = network.input(INPUT, batch, Dim.of(3), Dim.of(224), Dim.of(224));
    x = normalized(x, 3, 64, 7, Network.window().stride(2).pad(3), 1).relu();
    x = x.maxPool(3, Network.window().stride(2).pad(1));
    int channels = 64;
    for (int stage = 0; stage < BLOCKS.length; stage++) {
      int width = 64 << stage;
      for (int block = 0; block < BLOCKS[stage]; block++) {
        int stride = block == 0 && stage > 0 ? 2 : 1;
        x = bottleneck(x, channels, width, stride);
        channels = width * EXPANSION;
      }
    }
    return x.globalAveragePool()
        .flatten()
        .gemm(weights.matrix(channels, CLASSES), weights.uniform(-0.1, 0.1, CLASSES))
        .output("scores");
  }

  private Layer bottleneck(Layer x, int channels, int width, int stride) {
    int wide = width * EXPANSION;
    Layer shortcut = channels == wide ? x : normalized(x, channels, wide, 1, Network.window().stride(stride), 1);
    Layer narrow = normalized(x, channels, width, 1, Network.window(), 1).relu();
    Layer spatial = normalized(narrow, width, width, 3, Network.window().stride(stride).pad(1), 1).relu();
    return normalized(spatial, width, wide, 1, Network.window(), RESIDUAL_SCALE).add(shortcut).relu();
  }

  /** Convolution and batch normalisation. */
  private Layer normalized(Layer x, int inputs, int outputs, int kernel, Window window, double scale) {
    return x.conv(weights.convolution(outputs, inputs, kernel), window)
        .batchNormalization(
            weights.uniform(0.8 * scale, 1.2 * scale, outputs),
            weights.uniform(-0.1, 0.1, outputs),
            weights.uniform(-0.1, 0.1, outputs),
            weights.uniform(0.8, 1.2, outputs),
            1e-5f);
  }
}
