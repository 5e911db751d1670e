package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An operator that makes one element of all elements along some axes. The axes are the optional second input; without
 * them all axes are reduced, or none where {@link #noopWithEmptyAxes}.
 */
public interface Reduction extends Op {

  /** Whether the reduced axes stay, with size 1. */
  boolean keepDims();

  /** Whether no axes mean none; else they mean all. */
  boolean noopWithEmptyAxes();

  /** The result for all elements of floating point; there may be none. */
  double reduce(double... x);

  /** The result for all elements of an integer type or bool; the caller keeps the low bits. */
  default long reduce(DType type, long... x) {
    double[] reals = new double[x.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = x[i];
    }
    return (long) reduce(reals);
  }

  /** The result for elements that are known as dimensions, where there is one. */
  default Optional<Dim> reduce(List<Dim> x) {
    return Optional.empty();
  }

  @Override
  default Attributes attributes() {
    return Attributes.of("keepdims", keepDims()).with("noop_with_empty_axes", noopWithEmptyAxes());
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    return List.of(in.tensor(0).withShape(shape(in)));
  }

  private Shape shape(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (in.has(1) && in.tensor(1).shape().ranked() && in.tensor(1).shape().rank() > 1) {
      throw new InvalidGraphException("axes: " + in.tensor(1) + " (expected: a vector)");
    }
    if (!x.ranked()) {
      return Shape.UNRANKED;
    }
    Optional<boolean[]> reduced = axes(in);
    if (reduced.isEmpty()) {
      return unknown(in, x);
    }
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < x.rank(); axis++) {
      if (!reduced.get()[axis]) {
        dims.add(x.dim(axis));
      } else if (keepDims()) {
        dims.add(Dim.ONE);
      }
    }
    return Shape.of(dims);
  }

  /** For each axis whether it is reduced, where that is known. */
  private Optional<boolean[]> axes(InferenceContext in) {
    int rank = in.tensor(0).shape().rank();
    return in.has(1) ? in.integers(1).map(axes -> flags(axes, rank)) : Optional.of(flags(new long[0], rank));
  }

  private boolean[] flags(long[] axes, int rank) {
    boolean[] reduced = new boolean[rank];
    if (axes.length == 0 && !noopWithEmptyAxes()) {
      Arrays.fill(reduced, true);
    }
    for (int axis : Axes.normalize(axes, rank)) {
      reduced[axis] = true;
    }
    return reduced;
  }

  private Shape unknown(InferenceContext in, Shape x) {
    Shape axes = in.tensor(1).shape();
    boolean counted = axes.isKnown() && axes.elementCount() > 0;
    if (!keepDims() && !counted) {
      return Shape.UNRANKED;
    }
    long rank = keepDims() ? x.rank() : x.rank() - axes.elementCount();
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      dims.add(in.freshDim("d" + axis));
    }
    return Shape.of(dims);
  }

  @Override
  default Optional<DimVector> inferDims(InferenceContext in) {
    Optional<DimVector> x = in.dims(0);
    Optional<boolean[]> reduced = x.isPresent() ? axes(in) : Optional.empty();
    boolean shapes = DType.INDICES.contains(in.tensor(0).dtype());
    if (!shapes || x.isEmpty() || x.get().scalar() || reduced.isEmpty() || !reduced.get()[0]) {
      return Optional.empty();
    }
    return DimArithmetic.unlessTooLarge(this::reduce, x.get().values())
        .map(value -> new DimVector(List.of(value), !keepDims()));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    boolean[] reduced = flags(ctx.has(1) ? ctx.input(1).toLongs() : new long[0], x.rank());
    int[] starts = Axes.offsets(x, reduced, false);
    int[] steps = Axes.offsets(x, reduced, true);
    if (x.dtype().isFloat()) {
      double[] from = x.toDoubles();
      double[] part = new double[steps.length];
      for (int i = 0; i < starts.length; i++) {
        for (int j = 0; j < steps.length; j++) {
          part[j] = from[starts[i] + steps[j]];
        }
        y.setDouble(i, reduce(part));
      }
    } else {
      long[] from = x.toLongs();
      long[] part = new long[steps.length];
      for (int i = 0; i < starts.length; i++) {
        for (int j = 0; j < steps.length; j++) {
          part[j] = from[starts[i] + steps[j]];
        }
        y.setLong(i, reduce(x.dtype(), part));
      }
    }
  }

  /** One operation for each element of the input. */
  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    return Cost.of(x.ranked() ? x.elements() : Dim.ZERO, in, out);
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque("the reduced axes are an input");
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.accumulated(4096) : Tolerance.EXACT;
  }

  /** Makes a reduction from its two attributes. */
  interface Factory {
    Reduction create(boolean keepDims, boolean noopWithEmptyAxes);
  }

  /** The definition of a reduction of floats and integers of at least 32 bits. */
  static OpDefinition define(String name, int since, Factory factory) {
    return define(name, since, EnumSet.of(DType.INT32, DType.INT64, DType.UINT32, DType.UINT64), factory);
  }

  /** The definition of a reduction of floats and these types. */
  static OpDefinition define(String name, int since, Set<DType> integers, Factory factory) {
    EnumSet<DType> types = EnumSet.copyOf(integers);
    types.addAll(DType.FLOATS);
    TypeConstraint t = TypeConstraint.of("T", types);
    return OpSchema.named(name)
        .since(since)
        .input("data", t)
        .optionalInput("axes", TypeConstraint.of("axes", DType.INT64))
        .output("reduced", t)
        .attribute("keepdims", 1)
        .attribute("noop_with_empty_axes", 0)
        .create(attributes ->
            factory.create(attributes.integer("keepdims", 1) != 0, attributes.flag("noop_with_empty_axes")));
  }
}
