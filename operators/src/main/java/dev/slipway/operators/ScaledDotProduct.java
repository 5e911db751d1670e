package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The arithmetic of attention: queries, keys and values as batch×heads×length×size, in double precision. */
final class ScaledDotProduct {
  private ScaledDotProduct() {}

  /** Heads of one tensor, batch×heads×length×size. */
  record Heads(double[] values, int batch, int count, int length, int size) {

    /** Heads of a tensor of rank 4, or of batch×length×(heads·size). */
    static Heads of(Tensor tensor, long heads) {
      double[] values = tensor.toDoubles();
      int batch = (int) tensor.dim(0);
      if (tensor.rank() == 4) {
        return new Heads(values, batch, (int) tensor.dim(1), (int) tensor.dim(2), (int) tensor.dim(3));
      }
      int count = Math.toIntExact(heads);
      int length = (int) tensor.dim(1);
      int size = (int) tensor.dim(2) / count;
      return new Heads(swapped(values, batch, length, count, size), batch, count, length, size);
    }

    /** These behind others of the same heads, along the sequence. */
    Heads after(Heads past) {
      int total = past.length + length;
      double[] joined = new double[batch * count * total * size];
      for (int head = 0; head < batch * count; head++) {
        System.arraycopy(past.values, head * past.length * size, joined, head * total * size, past.length * size);
        System.arraycopy(values, head * length * size, joined, (head * total + past.length) * size, length * size);
      }
      return new Heads(joined, batch, count, total, size);
    }

    /** The elements as batch×length×(heads·size). */
    double[] packed() {
      return swapped(values, batch, count, length, size);
    }

    private static double[] swapped(double[] values, int batch, int rows, int columns, int size) {
      double[] swapped = new double[values.length];
      for (int i = 0; i < batch * rows * columns; i++) {
        int n = i / (rows * columns);
        int to = n * rows * columns + i % columns * rows + i / columns % rows;
        System.arraycopy(values, i * size, swapped, to * size, size);
      }
      return swapped;
    }
  }

  /** scale · q · kᵀ: batch×query heads×query length×key length; a key head serves a group of query heads. */
  static double[] scores(Heads q, Heads k, double scale) {
    double[] scores = new double[q.batch * q.count * q.length * k.length];
    for (int row = 0; row < q.batch * q.count * q.length; row++) {
      int head = keyHead(row / q.length, q, k);
      for (int j = 0; j < k.length; j++) {
        double sum = 0;
        for (int i = 0; i < q.size; i++) {
          sum += q.values[row * q.size + i] * k.values[(head * k.length + j) * q.size + i];
        }
        scores[row * k.length + j] = scale * sum;
      }
    }
    return scores;
  }

  /** Softmax of each row, in place. A row of nothing but -infinity becomes zeros. */
  static void softmax(double[] scores, int length) {
    for (int start = 0; start < scores.length; start += length) {
      double max = Double.NEGATIVE_INFINITY;
      for (int j = start; j < start + length; j++) {
        max = Math.max(max, scores[j]);
      }
      double sum = 0;
      for (int j = start; j < start + length; j++) {
        scores[j] = max == Double.NEGATIVE_INFINITY ? 0 : Math.exp(scores[j] - max);
        sum += scores[j];
      }
      for (int j = start; sum != 0 && j < start + length; j++) {
        scores[j] /= sum;
      }
    }
  }

  /** probabilities · v. */
  static Heads weighted(double[] probabilities, Heads q, Heads v) {
    double[] y = new double[q.batch * q.count * q.length * v.size];
    for (int row = 0; row < q.batch * q.count * q.length; row++) {
      int head = keyHead(row / q.length, q, v);
      for (int j = 0; j < v.length; j++) {
        double weight = probabilities[row * v.length + j];
        if (weight == 0) {
          continue;
        }
        for (int i = 0; i < v.size; i++) {
          y[row * v.size + i] += weight * v.values[(head * v.length + j) * v.size + i];
        }
      }
    }
    return new Heads(y, q.batch, q.count, q.length, v.size);
  }

  private static int keyHead(int queryHead, Heads q, Heads k) {
    return queryHead / q.count * k.count + queryHead % q.count / (q.count / k.count);
  }

  /** The multiply-adds of both products, and so many more operations for each score. */
  static Cost cost(
      Dim scores, Dim querySize, Dim valueSize, int perScore, List<TensorType> in, List<TensorType> out) {
    return Cost.products(scores.times(querySize.plus(valueSize)), scores.times(perScore), in, out);
  }
}
