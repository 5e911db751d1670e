package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
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
import java.util.Arrays;
import java.util.List;

/**
 * Samples N×C×… at positions of a grid N×…×axes, whose last axis holds coordinates from -1 to 1, the last spatial axis
 * first.
 */
public record GridSample(Mode mode, Padding padding, boolean alignCorners) implements Op {

  /** Which elements make a sample. */
  public enum Mode {
    LINEAR,
    NEAREST,
    /** Keys' kernel with a = -0.75. */
    CUBIC
  }

  /** What lies outside of the input. */
  public enum Padding {
    ZEROS,
    BORDER,
    /** The input mirrored: at the outer elements' centres with aligned corners, else at their edges. */
    REFLECTION
  }

  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.NUMBERS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("GridSample")
      .since(22)
      .input("X", T1)
      .input("grid", T2)
      .output("Y", T1)
      .attribute("align_corners", 0)
      .attribute("mode", "linear")
      .attribute("padding_mode", "zeros")
      .create(attributes -> new GridSample(
          Modes.of(Mode.class, "mode", attributes.string("mode", "linear")),
          Modes.of(Padding.class, "padding_mode", attributes.string("padding_mode", "zeros")),
          attributes.flag("align_corners")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("align_corners", alignCorners)
        .with("mode", Modes.text(mode))
        .with("padding_mode", Modes.text(padding));
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Shape grid = in.tensor(1).shape();
    if (!x.ranked() || !grid.ranked()) {
      return List.of(in.tensor(0).withShape(Shape.UNRANKED));
    }
    if (x.rank() < 3 || grid.rank() != x.rank()) {
      throw new InvalidGraphException("shapes: X " + x + ", grid " + grid + " (expected: one rank of at least 3)");
    }
    if (grid.dim(-1) instanceof Dim.Known && !grid.dim(-1).is(x.rank() - 2)) {
      throw new InvalidGraphException("last axis of grid " + grid + ": " + grid.dim(-1) + " (expected: "
          + (x.rank() - 2) + ", the spatial axes of X)");
    }
    Shape y = Shape.of(x.dim(0), x.dim(1)).concat(grid.slice(1, grid.rank() - 1));
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    if (y.elementCount() == 0) {
      return;
    }
    long[] dims = ctx.input(0).dims();
    long[] spatial = Arrays.copyOfRange(dims, 2, dims.length);
    double[] x = ctx.input(0).toDoubles();
    double[] grid = ctx.input(1).toDoubles();
    int channels = (int) dims[1];
    int imageSize = Math.toIntExact(Shape.product(spatial));
    int samples = Math.toIntExact(y.shape().slice(2, y.rank()).elementCount());
    for (int n = 0; n < dims[0]; n++) {
      for (int sample = 0; sample < samples; sample++) {
        ResizedAxis.Taps[] taps = new ResizedAxis.Taps[spatial.length];
        for (int axis = 0; axis < spatial.length; axis++) {
          double position = grid[(n * samples + sample) * spatial.length + spatial.length - 1 - axis];
          taps[axis] = taps(position, spatial[axis]);
        }
        for (int c = 0; c < channels; c++) {
          int image = n * channels + c;
          y.setDouble((long) image * samples + sample, sum(x, image * imageSize, spatial, taps, 0, 0));
        }
      }
    }
  }

  /** The weighted sum over the taps of this axis and those behind it. */
  private static double sum(double[] x, int image, long[] spatial, ResizedAxis.Taps[] taps, int axis, int index) {
    if (axis == spatial.length) {
      return x[image + index];
    }
    double sum = 0;
    for (int i = 0; i < taps[axis].indices().length; i++) {
      int tap = taps[axis].indices()[i];
      if (tap >= 0) {
        sum += taps[axis].weights()[i] * sum(x, image, spatial, taps, axis + 1, (int) (index * spatial[axis] + tap));
      }
    }
    return sum;
  }

  /** The elements of an axis that make a sample; -1 for 0. */
  private ResizedAxis.Taps taps(double coordinate, long size) {
    double position = alignCorners ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2;
    if (mode == Mode.NEAREST) {
      return new ResizedAxis.Taps(new int[] {index(inside(Math.rint(position), size), size)}, new double[] {1});
    }
    double moved = inside(position, size);
    int reach = mode == Mode.CUBIC ? 2 : 1;
    int[] indices = new int[2 * reach];
    double[] weights = new double[2 * reach];
    for (int i = 0; i < indices.length; i++) {
      double neighbour = Math.floor(moved) - reach + 1 + i;
      double distance = Math.abs(neighbour - moved);
      indices[i] = index(neighbour, size);
      weights[i] = mode == Mode.CUBIC ? ResizedAxis.keys(distance, -0.75) : 1 - distance;
    }
    return new ResizedAxis.Taps(indices, weights);
  }

  private double lowest() {
    return alignCorners ? 0 : -0.5;
  }

  /** A position brought into the input. */
  private double inside(double position, long size) {
    double highest = size - 1 - lowest();
    if (position >= lowest() && position <= highest) {
      return position;
    }
    return switch (padding) {
      case ZEROS -> position;
      case BORDER -> Math.max(0, Math.min(size - 1, position));
      case REFLECTION -> reflect(position, lowest(), highest);
    };
  }

  /** The element at a position that is a whole number; -1 for 0. */
  private int index(double position, long size) {
    return switch (padding) {
      case ZEROS -> position >= 0 && position < size ? (int) position : -1;
      case BORDER -> (int) Math.max(0, Math.min(size - 1, position));
      case REFLECTION -> (int) Math.max(0, Math.min(size - 1, reflect(position, lowest(), size - 1 - lowest())));
    };
  }

  private static double reflect(double position, double lowest, double highest) {
    double span = highest - lowest;
    if (span == 0 || !Double.isFinite(position)) {
      return lowest;
    }
    double distance = Math.abs(position - lowest) % (2 * span);
    return lowest + Math.min(distance, 2 * span - distance);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return switch (mode) {
      case NEAREST -> Cost.movement(in, out);
      case LINEAR -> Cost.elementwise(in, out, 15);
      case CUBIC -> Cost.elementwise(in, out, 75);
    };
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Links(List.of(Link.of(0, 0, 0, 0), Link.of(0, 1, 0, 1), Link.of(1, 0, 0, 0)));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("takes coordinates");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.epsilons(64) : Tolerance.EXACT;
  }
}
