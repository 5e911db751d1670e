package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What the normalisations over contiguous groups of elements share. */
final class Normalization {
  private Normalization() {}

  /** Mean and reciprocal of the standard deviation of each group. */
  record Moments(double[] mean, double[] inverseDeviation) {}

  /**
   * Subtracts from each element the mean of its group and divides by the standard deviation, in place.
   *
   * @param size elements of a group
   */
  static Moments standardize(double[] x, int size, double epsilon) {
    int groups = size == 0 ? 0 : x.length / size;
    double[] mean = new double[groups];
    double[] inverse = new double[groups];
    for (int g = 0; g < groups; g++) {
      double sum = 0;
      for (int i = g * size; i < (g + 1) * size; i++) {
        sum += x[i];
      }
      mean[g] = sum / size;
      double squares = 0;
      for (int i = g * size; i < (g + 1) * size; i++) {
        squares += (x[i] - mean[g]) * (x[i] - mean[g]);
      }
      inverse[g] = 1 / Math.sqrt(squares / size + epsilon);
      for (int i = g * size; i < (g + 1) * size; i++) {
        x[i] = (x[i] - mean[g]) * inverse[g];
      }
    }
    return new Moments(mean, inverse);
  }

  /** The elements from an axis on. */
  static int innerSize(Shape shape, int axis) {
    return Math.toIntExact(Shape.product(shape.slice(axis, shape.rank()).known()));
  }

  /** The shape with 1 for every dimension from an axis on. */
  static Shape reduced(Shape shape, int axis) {
    List<Dim> dims = new ArrayList<>(shape.dims().subList(0, axis));
    while (dims.size() < shape.rank()) {
      dims.add(Dim.ONE);
    }
    return Shape.of(dims);
  }

  /** The attribute {@code stash_type}: the precision that the specification asks for, float32 unless given. */
  static DType stashType(Attributes attributes) {
    return attributes.has("stash_type") ? attributes.dtype("stash_type") : DType.FLOAT32;
  }

  /** Refuses vectors that do not have one number for each channel of input 0. */
  static void checkPerChannel(InferenceContext in, int... ports) {
    Shape x = in.tensor(0).shape();
    for (int port : ports) {
      Shape own = in.tensor(port).shape();
      boolean known = x.ranked() && x.dim(1) instanceof Dim.Known && own.isKnown();
      if (own.ranked() && (own.rank() != 1 || known && !own.dim(0).equals(x.dim(1)))) {
        throw new InvalidGraphException("shape of input " + port + ": " + own
            + " (expected: one number for each channel of " + x + ")");
      }
    }
  }

  /** Scales and shifts each channel. */
  static void putPerChannel(double[] values, Tensor scale, Tensor bias, Tensor y) {
    int plane = innerSize(y.shape(), 2);
    int channels = (int) y.dim(1);
    for (int i = 0; i < values.length; i++) {
      int c = i / plane % channels;
      y.setDouble(i, values[i] * scale.getDouble(c) + bias.getDouble(c));
    }
  }
}
