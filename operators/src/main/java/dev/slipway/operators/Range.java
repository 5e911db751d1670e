package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
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
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** Numbers from start up to limit (exclusive) in steps of delta. */
public record Range() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT16, DType.INT32, DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Range")
      .since(27)
      .input("start", T)
      .input("limit", T)
      .input("delta", T)
      .output("output", T)
      .create(attributes -> new Range());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(count(in))));
  }

  private static Dim count(InferenceContext in) {
    Optional<Tensor> start = in.constant(0);
    Optional<Tensor> limit = in.constant(1);
    Optional<Tensor> delta = in.constant(2);
    if (start.isPresent() && limit.isPresent() && delta.isPresent()) {
      return Dim.of(count(start.get().getDouble(0), limit.get().getDouble(0), delta.get().getDouble(0)));
    }
    Optional<DimVector> from = in.dims(0);
    Optional<DimVector> to = in.dims(1);
    OptionalLong step = in.integer(2);
    if (from.isEmpty() || to.isEmpty() || step.isEmpty()) {
      return in.freshDim("count");
    }
    Dim first = from.get().values().getFirst();
    Dim last = to.get().values().getFirst();
    if (first instanceof Dim.Known(long a) && last instanceof Dim.Known(long b)) {
      return Dim.of(count(a, b, step.getAsLong()));
    }
    // A symbolic limit is taken to lie on the far side of the start.
    return step.getAsLong() > 0
        ? last.minus(first).ceilDiv(step.getAsLong())
        : first.minus(last).ceilDiv(-step.getAsLong());
  }

  private static long count(double start, double limit, double delta) {
    if (delta == 0) {
      throw new InvalidGraphException("delta: 0 (expected: another number)");
    }
    return (long) Math.max(0, Math.ceil((limit - start) / delta));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    OptionalLong start = in.integer(0);
    OptionalLong delta = in.integer(2);
    if (start.isEmpty() || delta.isEmpty() || in.integer(1).isEmpty()
        || !(count(in) instanceof Dim.Known(long count)) || count > DimArithmetic.LONGEST) {
      return Optional.empty();
    }
    return Optional.of(DimVector.of(LongStream.range(0, count)
        .mapToObj(i -> Dim.of(start.getAsLong() + i * delta.getAsLong()))
        .toList()));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    long count = y.elementCount();
    boolean real = y.dtype().isFloat();
    for (long i = 0; i < count; i++) {
      if (real) {
        y.setDouble(i, ctx.input(0).getDouble(0) + i * ctx.input(2).getDouble(0));
      } else {
        y.setLong(i, ctx.input(0).getLong(0) + i * ctx.input(2).getLong(0));
      }
    }
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("the output counts");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.epsilons(4) : Tolerance.EXACT;
  }
}
