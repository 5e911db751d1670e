package dev.slipway.benchmarks;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.SplittableRandom;

/**
 * Weights from a fixed seed, scaled such that activations keep their magnitude from layer to layer. Not thread-safe.
 */
final class RandomWeights {
  private final SplittableRandom random;

  RandomWeights(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Weights M×C×k×k by He's rule: a variance of 2 / (C·k²), for layers with ReLU behind. */
  Tensor convolution(int outputs, int inputs, int kernel) {
    return spread(Math.sqrt(2.0 / (inputs * kernel * kernel)), outputs, inputs, kernel, kernel);
  }

  /** A matrix K×N by Glorot's rule: a variance of 2 / (K + N). */
  Tensor matrix(int inputs, int outputs) {
    return spread(Math.sqrt(2.0 / (inputs + outputs)), inputs, outputs);
  }

  /** Numbers evenly from {@code low} to {@code high}. */
  Tensor uniform(double low, double high, long... dims) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    float[] values = new float[Math.toIntExact(tensor.elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    tensor.set(values);
    return tensor;
  }

  /** Evenly distributed numbers of this standard deviation around zero. */
  Tensor spread(double deviation, long... dims) {
    double bound = deviation * Math.sqrt(3);
    return uniform(-bound, bound, dims);
  }
}
