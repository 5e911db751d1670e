package dev.slipway.operators;

import dev.slipway.graph.Attributes;
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
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Adds elements before and behind each axis, or removes them where the pad is negative.
 *
 * @param mode what is added
 */
public record Pad(Mode mode) implements DataMovement {

  /** Where added elements come from. */
  public enum Mode {
    /** One value, by default 0. */
    CONSTANT,
    /** The elements beside the edge, mirrored; the edge is not repeated. */
    REFLECT,
    /** The edge. */
    EDGE,
    /** The other end. */
    WRAP;

    /** The source of position {@code p} of an axis of {@code n} elements, -1 for the value. */
    private long source(long p, long n) {
      if (p >= 0 && p < n) {
        return p;
      }
      return switch (this) {
        case CONSTANT -> -1;
        case EDGE -> Math.max(0, Math.min(n - 1, p));
        case WRAP -> Math.floorMod(p, n);
        case REFLECT -> {
          long period = Math.max(1, 2 * (n - 1));
          long q = Math.floorMod(p, period);
          yield Math.min(q, period - q) % Math.max(1, n);
        }
      };
    }
  }

  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("pads", DType.INT64);
  private static final TypeConstraint INDEX = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("Pad")
      .since(25)
      .input("data", T)
      .input("pads", INT64)
      .optionalInput("constant_value", T)
      .optionalInput("axes", INDEX)
      .output("output", T)
      .attribute("mode", "constant")
      .create(attributes -> new Pad(Modes.of(Mode.class, "mode", attributes.string("mode", "constant"))));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("mode", Modes.text(mode));
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
    Optional<int[]> axes = ShapeInput.axes(in, 3, shape.rank());
    if (axes.isEmpty()) {
      return ShapeInput.fresh(in, shape.rank());
    }
    int count = axes.get().length;
    Optional<Integer> length = ShapeInput.length(in, 1);
    if (length.isPresent() && length.get() != 2 * count) {
      throw new InvalidGraphException("pads: " + length.get() + " numbers (expected: " + 2 * count + ")");
    }
    Optional<DimVector> pads = ShapeInput.dims(in, 1);
    if (pads.isEmpty()) {
      return ShapeInput.fresh(in, shape, axes.get());
    }
    Shape result = shape;
    for (int i = 0; i < count; i++) {
      int axis = axes.get()[i];
      Dim padded = shape.dim(axis).plus(pads.get().values().get(i)).plus(pads.get().values().get(i + count));
      if (padded instanceof Dim.Known(long size) && size < 0) {
        throw new InvalidGraphException("pads: " + pads.get().values() + " (expected: at least 0 elements left of "
            + shape + ")");
      }
      result = result.with(axis, padded);
    }
    return result;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    if (y.elementCount() == 0) {
      return;
    }
    Tensor fill = ctx.has(2) ? ctx.input(2) : Tensor.allocate(x.dtype());
    long[] pads = ctx.input(1).toLongs();
    long[] axes = ctx.has(3) ? ctx.input(3).toLongs() : LongStream.range(0, x.rank()).toArray();
    long[][] sources = AxisSources.identity(x.dims());
    for (int i = 0; i < axes.length; i++) {
      int axis = Axes.normalize(axes[i], x.rank());
      sources[axis] = sources(x.dim(axis), pads[i], pads[i + axes.length], y.dim(axis));
    }
    AxisSources.gather(x, y, sources, fill);
  }

  /** What a negative pad removes is no source for the other end. */
  private long[] sources(long size, long before, long behind, long count) {
    long first = Math.max(0, -before);
    long left = size - first - Math.max(0, -behind);
    long shift = Math.max(0, before);
    if (left <= 0 && count > 0 && mode != Mode.CONSTANT) {
      throw new SlipwayException("axis of " + Math.max(0, left) + " elements (expected: some, to pad by " + mode + ")");
    }
    return LongStream.range(0, count)
        .map(p -> mode.source(p - shift, left))
        .map(source -> source < 0 ? -1 : source + first)
        .toArray();
  }
}
