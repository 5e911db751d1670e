package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Draws classes by their unnormalised log-probabilities batch×classes; the result is batch×samples. */
public record Multinomial(DType dtype, long sampleSize, Optional<Float> seed) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("Multinomial")
      .since(22)
      .input("input", T1)
      .output("output", T2)
      .attribute("dtype", DType.INT32.code())
      .attribute("sample_size", 1)
      .attribute("seed", Kind.FLOAT)
      .create(attributes -> new Multinomial(
          OutputType.find(attributes, "dtype", DType.INDICES).orElse(DType.INT32),
          attributes.integer("sample_size", 1),
          Randomness.seed(attributes)));

  public Multinomial {
    if (sampleSize < 1) {
      throw new InvalidGraphException("attribute sample_size: " + sampleSize + " (expected: >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("dtype", dtype).with("sample_size", sampleSize).with("seed", seed);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && x.rank() != 2) {
      throw new InvalidGraphException("input: " + x + " (expected: batch and classes)");
    }
    Dim batch = x.ranked() ? x.dim(0) : in.freshDim("batch");
    return List.of(TensorType.of(dtype, Shape.of(batch, Dim.of(sampleSize))));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    RandomGenerator random = Randomness.of(seed, ctx);
    Lines lines = Lines.of(x.dims(), 1);
    double[] logarithms = x.toDoubles();
    Softmax softmax = new Softmax(-1);
    for (int n = 0; n < lines.count(); n++) {
      double[] probabilities = softmax.transform(lines.read(logarithms, n));
      for (int sample = 0; sample < sampleSize; sample++) {
        y.setLong(n * sampleSize + sample, draw(probabilities, random.nextDouble()));
      }
    }
  }

  private static int draw(double[] probabilities, double place) {
    double sum = 0;
    for (int i = 0; i < probabilities.length - 1; i++) {
      sum += probabilities[i];
      if (place < sum) {
        return i;
      }
    }
    return probabilities.length - 1;
  }

  @Override
  public boolean isDeterministic() {
    return false;
  }
}
