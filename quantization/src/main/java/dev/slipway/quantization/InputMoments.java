package dev.slipway.quantization;

import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Moments of the vectors that a layer multiplies its weights with, over random positions of some samples.
 *
 * @param exact mean of the float vectors, by group
 * @param rounded mean of the quantised vectors, by group
 * @param products mean of the products of two elements of the quantised vectors, by group, row-major
 */
record InputMoments(InputVectors vectors, double[][] exact, double[][] rounded, float[][] products) {
  /** Longer vectors would take too long; their layers stay as they are. */
  static final int LONGEST = 2400;

  private static final int LEAST_POSITIONS = 1024;
  private static final int POSITIONS_PER_ELEMENT = 3;
  private static final int MOST_SAMPLES = 64;

  /** The moments of layers, by their names; those of other forms and those with too long vectors are left out. */
  static Map<String, InputMoments> of(
      QuantizedModel model, Collection<Layer> layers, CalibrationData data, GraphExecutor executor) {
    Map<String, Sum> sums = new LinkedHashMap<>();
    Map<String, Layer> used = new LinkedHashMap<>();
    for (Layer layer : layers) {
      InputVectors.of(model.plan().graph(), layer)
          .filter(vectors -> vectors.length() <= LONGEST)
          .ifPresent(vectors -> {
            sums.put(layer.name(), new Sum(vectors, model.parameters().values().get(layer.input())));
            used.put(layer.name(), layer);
          });
    }
    CalibrationData some = data.spread(MOST_SAMPLES);
    long samples = Math.max(1, some.count().orElse(MOST_SAMPLES));
    Collection<ValueId> inputs = used.values().stream().map(Layer::input).distinct().toList();
    try (Taps taps = new Taps(executor, model.plan().graph(), inputs)) {
      for (Map<String, Tensor> sample : some) {
        Map<ValueId, Tensor> seen = taps.run(sample);
        sums.forEach((name, sum) -> sum.add(seen.get(used.get(name).input()), samples));
      }
    }
    Map<String, InputMoments> moments = new LinkedHashMap<>();
    sums.forEach((name, sum) -> moments.put(name, sum.moments()));
    return moments;
  }

  private static final class Sum {
    private final InputVectors vectors;
    private final QuantParams params;
    private final double[][] exact;
    private final double[][] rounded;
    private final float[][] products;
    private final SplittableRandom random = new SplittableRandom(1);
    private long positions;

    Sum(InputVectors vectors, QuantParams params) {
      this.vectors = vectors;
      this.params = params;
      this.exact = new double[vectors.groups()][vectors.length()];
      this.rounded = new double[vectors.groups()][vectors.length()];
      this.products = new float[vectors.groups()][vectors.length() * vectors.length()];
    }

    void add(Tensor input, long samples) {
      float[] values = input.toFloats();
      long[] dims = input.dims();
      int available = vectors.positions(dims);
      long wanted = Math.max(LEAST_POSITIONS, (long) POSITIONS_PER_ELEMENT * vectors.length());
      int taken = (int) Math.min(available, Math.ceilDiv(wanted, samples));
      int[] at = random.ints(taken, 0, available).toArray();
      IntStream.range(0, vectors.groups()).parallel().forEach(group -> add(values, dims, group, at));
      positions += taken;
    }

    private void add(float[] values, long[] dims, int group, int[] at) {
      int length = vectors.length();
      float[] vector = new float[length];
      for (int position : at) {
        vectors.read(values, dims, group, position, vector);
        for (int i = 0; i < length; i++) {
          exact[group][i] += vector[i];
          vector[i] = params.roundTrip(vector[i]);
          rounded[group][i] += vector[i];
        }
        for (int i = 0; i < length; i++) {
          addScaled(vector[i], vector, products[group], i * length, i + 1);
        }
      }
    }

    /** The lower half: the products are symmetric. */
    private static void addScaled(float factor, float[] vector, float[] sums, int start, int count) {
      for (int j = 0; factor != 0 && j < count; j++) {
        sums[start + j] += factor * vector[j];
      }
    }

    InputMoments moments() {
      for (int group = 0; group < products.length; group++) {
        int length = vectors.length();
        for (int i = 0; i < length; i++) {
          exact[group][i] /= positions;
          rounded[group][i] /= positions;
          for (int j = 0; j <= i; j++) {
            products[group][i * length + j] /= positions;
            products[group][j * length + i] = products[group][i * length + j];
          }
        }
      }
      return new InputMoments(vectors, exact, rounded, products);
    }
  }
}
