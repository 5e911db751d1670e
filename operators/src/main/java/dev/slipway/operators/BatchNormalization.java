package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * (x - mean) / sqrt(variance + epsilon) · scale + B for each channel (axis 1) of N×C×…. In training mode mean and
 * variance are those of the batch, and the running ones follow them with the given momentum.
 */
public record BatchNormalization(float epsilon, float momentum, boolean trainingMode) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("BatchNormalization")
      .since(15)
      .input("X", T)
      .input("scale", T1)
      .input("B", T1)
      .input("input_mean", T2)
      .input("input_var", T2)
      .output("Y", T)
      .optionalOutput("running_mean", T2)
      .optionalOutput("running_var", T2)
      .attribute("epsilon", 1e-5f)
      .attribute("momentum", 0.9f)
      .attribute("training_mode", 0)
      .create(attributes -> new BatchNormalization(
          attributes.real("epsilon", 1e-5f), attributes.real("momentum", 0.9f), attributes.flag("training_mode")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("epsilon", epsilon).with("momentum", momentum).with("training_mode", trainingMode);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    Dim channels = x.shape().ranked() && x.shape().rank() > 1 ? x.shape().dim(1) : Dim.ONE;
    for (int port = 1; port <= 4; port++) {
      Shape own = in.tensor(port).shape();
      if (own.ranked() && (own.rank() != 1 || own.isKnown() && channels instanceof Dim.Known && x.shape().ranked()
          && !own.dim(0).equals(channels))) {
        throw new InvalidGraphException("shape of " + schema().inputs().get(port).name() + ": " + own + " (expected: ["
            + channels + "], the channels of X " + x.shape() + ")");
      }
    }
    return List.of(x, in.tensor(3), in.tensor(4));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    int channels = Math.toIntExact(ctx.input(1).elementCount());
    long planeSize = x.rank() < 2 ? 1 : Shape.product(x.shape().slice(2, x.rank()).known());
    double[] values = x.toDoubles();
    double[] mean = ctx.input(3).toDoubles();
    double[] variance = ctx.input(4).toDoubles();
    if (trainingMode) {
      double[] batchMean = new double[channels];
      double[] batchVariance = new double[channels];
      moments(values, planeSize, batchMean, batchVariance);
      putRunning(ctx, 1, mean, batchMean);
      putRunning(ctx, 2, variance, batchVariance);
      mean = batchMean;
      variance = batchVariance;
    } else {
      putRunning(ctx, 1, mean, mean);
      putRunning(ctx, 2, variance, variance);
    }
    double[] scale = ctx.input(1).toDoubles();
    double[] bias = ctx.input(2).toDoubles();
    for (int i = 0; i < values.length; i++) {
      int c = (int) (i / planeSize % channels);
      y.setDouble(i, (values[i] - mean[c]) / Math.sqrt(variance[c] + epsilon) * scale[c] + bias[c]);
    }
  }

  private static void moments(double[] x, long planeSize, double[] mean, double[] variance) {
    int channels = mean.length;
    double count = (double) x.length / channels;
    for (int i = 0; i < x.length; i++) {
      mean[(int) (i / planeSize % channels)] += x[i] / count;
    }
    for (int i = 0; i < x.length; i++) {
      int c = (int) (i / planeSize % channels);
      variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / count;
    }
  }

  private void putRunning(ReferenceContext ctx, int port, double[] running, double[] batch) {
    if (!ctx.wants(port)) {
      return;
    }
    Tensor out = ctx.output(port);
    for (int c = 0; c < running.length; c++) {
      out.setDouble(c, running[c] * momentum + batch[c] * (1 - momentum));
    }
  }

  /** A multiplication and an addition for each element; in training mode also four for the moments. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, trainingMode ? 6 : 2);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.links(
        AxisFlow.Link.of(0, 0, 0, 0),
        AxisFlow.Link.of(0, 1, 0, 1),
        AxisFlow.Link.of(1, 0, 0, 1),
        AxisFlow.Link.of(2, 0, 0, 1),
        AxisFlow.Link.of(3, 0, 0, 1),
        AxisFlow.Link.of(4, 0, 0, 1));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it folds into the convolution before it");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.epsilons(8);
  }
}
