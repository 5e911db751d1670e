package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** (x - mean) over (standard deviation + 10^-9), both along some axes. */
public record MeanVarianceNormalization(List<Long> axes) implements Op {
  private static final double EPSILON = 1e-9;
  private static final List<Long> DEFAULT_AXES = List.of(0L, 2L, 3L);
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("MeanVarianceNormalization")
      .since(13)
      .input("X", T)
      .output("Y", T)
      .attribute("axes", Kind.INTS)
      .create(attributes -> new MeanVarianceNormalization(attributes.integers("axes", DEFAULT_AXES)));

  public MeanVarianceNormalization {
    axes = List.copyOf(axes);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axes", axes);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    if (x.shape().ranked()) {
      reduced(x.shape().rank());
    }
    return List.of(x);
  }

  private boolean[] reduced(int rank) {
    boolean[] reduced = new boolean[rank];
    for (int axis : Axes.normalize(axes.stream().mapToLong(Long::longValue).toArray(), rank)) {
      reduced[axis] = true;
    }
    return reduced;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    double[] from = x.toDoubles();
    double[] to = new double[from.length];
    int[] steps = Axes.offsets(x, reduced(x.rank()), true);
    for (int start : Axes.offsets(x, reduced(x.rank()), false)) {
      double mean = Arrays.stream(steps).mapToDouble(step -> from[start + step]).average().orElse(0);
      double variance =
          Arrays.stream(steps).mapToDouble(step -> from[start + step] - mean).map(d -> d * d).average().orElse(0);
      for (int step : steps) {
        to[start + step] = (from[start + step] - mean) / (Math.sqrt(variance) + EPSILON);
      }
    }
    ctx.output(0).set(to);
  }

  /** Some six operations for each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 6);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in, axes.stream().mapToInt(Long::intValue));
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
