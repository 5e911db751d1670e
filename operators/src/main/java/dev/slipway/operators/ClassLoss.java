package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What the losses over classes share: log-probabilities N×C×…, a class index for each of N×…, and a weight for each
 * class.
 *
 * @param ignored the class index whose elements count nothing
 */
public record ClassLoss(Reduction reduction, Optional<Long> ignored) {

  /** What becomes of the losses of the elements. */
  public enum Reduction {
    NONE,
    SUM,
    /** The sum divided by the sum of the weights. */
    MEAN
  }

  static ClassLoss of(Attributes attributes) {
    Reduction reduction = switch (attributes.string("reduction", "mean")) {
      case "none" -> Reduction.NONE;
      case "sum" -> Reduction.SUM;
      case "mean" -> Reduction.MEAN;
      case String other ->
          throw new InvalidGraphException("attribute reduction: " + other + " (expected: none, sum or mean)");
    };
    return new ClassLoss(reduction, attributes.find("ignore_index", Long.class));
  }

  static OpSchema.Builder attributes(OpSchema.Builder schema) {
    return schema.attribute("ignore_index", Kind.INT).attribute("reduction", "mean");
  }

  Attributes attributes() {
    return Attributes.of("reduction", reduction.name().toLowerCase(Locale.ROOT)).with("ignore_index", ignored);
  }

  TensorType inferType(InferenceContext in) {
    Shape scores = in.tensor(0).shape();
    Shape labels = in.tensor(1).shape();
    if (scores.ranked() && scores.rank() < 2) {
      throw new InvalidGraphException("shape: " + scores + " (expected: N×C×…)");
    }
    if (scores.ranked() && labels.ranked() && labels.rank() != scores.rank() - 1) {
      throw new InvalidGraphException(
          "shape of the class indices: " + labels + " (expected: " + scores + " without axis 1)");
    }
    return in.tensor(0).withShape(reduction == Reduction.NONE ? labels : Shape.SCALAR);
  }

  /** Writes the loss of log-probabilities of these dimensions. */
  void evaluate(ReferenceContext ctx, double[] logProbabilities, long[] dims) {
    long[] labels = ctx.input(1).toLongs();
    int classes = Math.toIntExact(dims[1]);
    double[] weights = ctx.has(2) ? ctx.input(2).toDoubles() : ones(classes);
    int inner = Math.toIntExact(Shape.product(Arrays.copyOfRange(dims, 2, dims.length)));
    double[] losses = new double[labels.length];
    double total = 0;
    double totalWeight = 0;
    for (int i = 0; i < labels.length; i++) {
      if (ignored.isPresent() && labels[i] == ignored.get()) {
        continue;
      }
      int label = label(labels[i], classes);
      double weight = weights[label];
      losses[i] = -weight * logProbabilities[(i / inner * classes + label) * inner + i % inner];
      total += losses[i];
      totalWeight += weight;
    }
    Tensor loss = ctx.output(0);
    switch (reduction) {
      case NONE -> loss.set(losses);
      case SUM -> loss.setDouble(0, total);
      case MEAN -> loss.setDouble(0, total / totalWeight);
    }
  }

  private static int label(long label, int classes) {
    if (label < 0 || label >= classes) {
      throw new SlipwayException("class index: " + label + " (expected: 0 to " + (classes - 1) + ")");
    }
    return (int) label;
  }

  private static double[] ones(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
