package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A part of a tensor: on each listed axis the elements from start to end (exclusive) in steps, which may be negative.
 * Negative starts and ends count from the end; those beyond the axis are clamped.
 */
public record Slice() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INDEX = TypeConstraint.of("Tind", DType.INDICES);

  /** Ends of this size and more stand for the end of the axis. */
  private static final long OPEN = Integer.MAX_VALUE;

  static final OpDefinition DEFINITION = OpSchema.named("Slice")
      .since(13)
      .input("data", T)
      .input("starts", INDEX)
      .input("ends", INDEX)
      .optionalInput("axes", INDEX)
      .optionalInput("steps", INDEX)
      .output("output", T)
      .create(attributes -> new Slice());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.selection(in, out);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(in.tensor(0).dtype(), shape(in)));
  }

  private static Shape shape(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    if (!shape.ranked()) {
      return shape;
    }
    Optional<int[]> axes = axes(in, shape.rank());
    if (axes.isEmpty()) {
      return ShapeInput.fresh(in, shape.rank());
    }
    Optional<DimVector> starts = ShapeInput.dims(in, 1);
    Optional<DimVector> ends = ShapeInput.dims(in, 2);
    Optional<long[]> steps = steps(in, axes.get().length);
    if (starts.isEmpty() || ends.isEmpty() || steps.isEmpty()) {
      return ShapeInput.fresh(in, shape, axes.get());
    }
    requireLength("starts", starts.get().values().size(), axes.get().length);
    requireLength("ends", ends.get().values().size(), axes.get().length);
    requireLength("steps", steps.get().length, axes.get().length);
    Shape result = shape;
    for (int i = 0; i < axes.get().length; i++) {
      int axis = axes.get()[i];
      Dim count = count(
          shape.dim(axis), starts.get().values().get(i), ends.get().values().get(i), steps.get()[i])
          .orElseGet(() -> in.freshDim("d" + axis));
      result = result.with(axis, count);
    }
    return result;
  }

  private static Optional<int[]> axes(InferenceContext in, int rank) {
    if (in.has(3)) {
      return ShapeInput.axes(in, 3, rank);
    }
    Optional<Integer> count = ShapeInput.length(in, 1);
    if (count.isPresent() && count.get() > rank) {
      throw new InvalidGraphException("starts: " + count.get() + " numbers (expected: at most " + rank + ")");
    }
    return count.map(n -> IntStream.range(0, n).toArray());
  }

  private static Optional<long[]> steps(InferenceContext in, int count) {
    if (!in.has(4)) {
      long[] ones = new long[count];
      Arrays.fill(ones, 1);
      return Optional.of(ones);
    }
    return ShapeInput.integers(in, 4);
  }

  private static void requireLength(String name, int length, int expected) {
    if (length != expected) {
      throw new InvalidGraphException(name + ": " + length + " numbers (expected: " + expected + ")");
    }
  }

  /** How many elements are left of an axis; a symbolic size is taken to hold the start. */
  private static Optional<Dim> count(Dim size, Dim start, Dim end, long step) {
    if (step == 0) {
      throw new InvalidGraphException("steps: 0 (expected: another number)");
    }
    if (size instanceof Dim.Known(long n) && start instanceof Dim.Known(long s) && end instanceof Dim.Known(long e)) {
      return Optional.of(Dim.of(count(n, s, e, step)));
    }
    Dim last = step > 0 ? size : size.minus(1);
    boolean held = step > 0 && start instanceof Dim.Known(long s) && s >= 0 && s < OPEN;
    Optional<Dim> from = held ? Optional.of(start) : bound(size, start, Dim.ZERO, last);
    Optional<Dim> to = bound(size, end, step > 0 ? Dim.ZERO : Dim.of(-1), last);
    if (from.isEmpty() || to.isEmpty()) {
      return Optional.empty();
    }
    Dim span = step > 0 ? to.get().minus(from.get()) : from.get().minus(to.get());
    return Optional.of(span.ceilDiv(Math.abs(step)));
  }

  private static Optional<Dim> bound(Dim size, Dim index, Dim lowest, Dim highest) {
    if (index instanceof Dim.Known(long i)) {
      return Optional.of(
          i >= OPEN ? highest : i <= -OPEN ? lowest : i < 0 ? size.plus(i) : i == 0 ? index : index.min(highest));
    }
    return isSize(index) ? Optional.of(index.min(highest)) : Optional.empty();
  }

  /** Whether an expression cannot be negative. */
  private static boolean isSize(Dim dim) {
    return switch (dim) {
      case Dim.Known(long size) -> size >= 0;
      case Dim.Symbol symbol -> true;
      case Dim.Polynomial(List<Dim.Term> terms) ->
          terms.stream().allMatch(term -> term.coefficient() >= 0 && term.atoms().stream().allMatch(Slice::isSize));
      case Dim.FloorDiv(Dim a, Dim b) -> isSize(a) && isSize(b);
      case Dim.Max(Dim a, Dim b) -> isSize(a) || isSize(b);
      case Dim.Min(Dim a, Dim b) -> isSize(a) && isSize(b);
    };
  }

  private static long count(long size, long start, long end, long step) {
    long from = first(size, start, step);
    long to = step > 0 ? clamp(end, size, 0, size) : clamp(end, size, -1, size - 1);
    return Math.max(0, step > 0 ? Math.ceilDiv(to - from, step) : Math.ceilDiv(from - to, -step));
  }

  private static long first(long size, long start, long step) {
    return step > 0 ? clamp(start, size, 0, size) : clamp(start, size, 0, size - 1);
  }

  private static long clamp(long index, long size, long lowest, long highest) {
    long fromStart = index < 0 ? index + size : index;
    return Math.max(lowest, Math.min(highest, fromStart));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Optional<DimVector> data = in.dims(0);
    Optional<long[]> start = in.integers(1);
    Optional<long[]> end = in.integers(2);
    Optional<long[]> step = steps(in, 1);
    if (data.isEmpty() || start.isEmpty() || end.isEmpty() || step.isEmpty() || start.get().length != 1) {
      return Optional.empty();
    }
    int size = data.get().values().size();
    long count = count(size, start.get()[0], end.get()[0], step.get()[0]);
    long from = first(size, start.get()[0], step.get()[0]);
    List<Dim> values = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      values.add(data.get().values().get((int) (from + i * step.get()[0])));
    }
    return Optional.of(DimVector.of(values));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    long[] starts = ctx.input(1).toLongs();
    long[] axes = ctx.has(3) ? ctx.input(3).toLongs() : LongStream.range(0, starts.length).toArray();
    StridedView view = StridedView.of(x);
    for (int i = 0; i < axes.length; i++) {
      int axis = Axes.normalize(axes[i], x.rank());
      long step = ctx.has(4) ? ctx.input(4).getLong(i) : 1;
      view = view.slice(axis, first(x.dim(axis), starts[i], step), step, y.dim(axis));
    }
    view.copyTo(StridedView.of(y));
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque("starts and axes are inputs");
  }
}
