package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * The negative log-likelihood of the softmax over axis 1: scores N×C×…, class indices N×…, weights C. The second
 * output is the log-probabilities.
 */
public record SoftmaxCrossEntropyLoss(ClassLoss loss) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint INDICES = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = ClassLoss.attributes(OpSchema.named("SoftmaxCrossEntropyLoss")
          .since(13)
          .input("scores", T)
          .input("labels", INDICES)
          .optionalInput("weights", T)
          .output("output", T)
          .optionalOutput("log_prob", T))
      .create(attributes -> new SoftmaxCrossEntropyLoss(ClassLoss.of(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return loss.attributes();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(loss.inferType(in), in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    long[] dims = ctx.input(0).dims();
    double[] logProbabilities = logSoftmax(ctx.input(0).toDoubles(), dims);
    loss.evaluate(ctx, logProbabilities, dims);
    if (ctx.wants(1)) {
      ctx.output(1).set(logProbabilities);
    }
  }

  /** Over axis 1. */
  private static double[] logSoftmax(double[] scores, long[] dims) {
    int classes = Math.toIntExact(dims[1]);
    int inner = Math.toIntExact(Shape.product(Arrays.copyOfRange(dims, 2, dims.length)));
    double[] result = new double[scores.length];
    for (int from = 0; from < scores.length; from += classes * inner) {
      for (int i = from; i < from + inner; i++) {
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
          max = Math.max(max, scores[i + c * inner]);
        }
        double sum = 0;
        for (int c = 0; c < classes; c++) {
          sum += Math.exp(scores[i + c * inner] - max);
        }
        for (int c = 0; c < classes; c++) {
          result[i + c * inner] = scores[i + c * inner] - max - Math.log(sum);
        }
      }
    }
    return result;
  }
}
