package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/** The first elements of each batch's sequence in reverse, as many as its length says. */
public record ReverseSequence(long batchAxis, long timeAxis) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("sequence_lens", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("ReverseSequence")
      .since(10)
      .input("input", T)
      .input("sequence_lens", INT64)
      .output("Y", T)
      .attribute("batch_axis", 1)
      .attribute("time_axis", 0)
      .create(attributes -> new ReverseSequence(
          attributes.integer("batch_axis", 1), attributes.integer("time_axis", 0)));

  public ReverseSequence {
    if (batchAxis == timeAxis || batchAxis < 0 || batchAxis > 1 || timeAxis < 0 || timeAxis > 1) {
      throw new InvalidGraphException("attributes batch_axis, time_axis: " + batchAxis + ", " + timeAxis
          + " (expected: 0 and 1, or 1 and 0)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("batch_axis", batchAxis).with("time_axis", timeAxis);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    if (shape.ranked() && shape.rank() < 2) {
      throw new InvalidGraphException("input: " + shape + " (expected: at least 2 axes)");
    }
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    int batches = (int) batchAxis;
    int times = (int) timeAxis;
    y.copyFrom(x);
    for (long batch = 0; batch < x.dim(batches); batch++) {
      long length = ctx.input(1).getLong(batch);
      if (length < 0 || length > x.dim(times)) {
        throw new SlipwayException("sequence length: " + length + " (expected: 0 to " + x.dim(times) + ")");
      }
      if (length > 0) {
        StridedView.of(x).slice(batches, batch, 1, 1).slice(times, length - 1, -1, length)
            .copyTo(StridedView.of(y).slice(batches, batch, 1, 1).slice(times, 0, 1, length));
      }
    }
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    Shape shape = in.getFirst().shape();
    return shape.ranked()
        ? new AxisFlow.Links(IntStream.range(0, shape.rank())
            .filter(axis -> axis != timeAxis)
            .mapToObj(axis -> Link.of(0, axis, 0, axis))
            .toList())
        : new AxisFlow.Opaque("an input of unknown rank");
  }
}
