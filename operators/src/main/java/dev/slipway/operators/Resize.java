package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Resamples a tensor of any rank, axis by axis.
 *
 * @param axes the axes that roi, scales and sizes speak of; empty for all
 * @param cubicCoefficient the a of Keys' cubic kernel
 * @param extrapolationValue what lies outside of the input with {@code TF_CROP_AND_RESIZE}
 */
public record Resize(
    Mode mode,
    Coordinates coordinates,
    NearestMode nearestMode,
    float cubicCoefficient,
    boolean antialias,
    boolean excludeOutside,
    float extrapolationValue,
    AspectRatioPolicy aspectRatioPolicy,
    List<Long> axes) implements Op {

  /** Which elements of the input make one of the output. */
  public enum Mode {
    NEAREST,
    LINEAR,
    CUBIC
  }

  /** How a position in the output becomes one in the input (ONNX {@code coordinate_transformation_mode}). */
  public enum Coordinates {
    HALF_PIXEL,
    HALF_PIXEL_SYMMETRIC,
    PYTORCH_HALF_PIXEL,
    ALIGN_CORNERS,
    ASYMMETRIC,
    TF_CROP_AND_RESIZE
  }

  /** How a position becomes an index. */
  public enum NearestMode {
    ROUND_PREFER_FLOOR,
    ROUND_PREFER_CEIL,
    FLOOR,
    CEIL
  }

  /** What sizes mean: themselves, or bounds for one scale of all axes. */
  public enum AspectRatioPolicy {
    STRETCH,
    NOT_LARGER,
    NOT_SMALLER
  }

  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.NUMBERS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOAT16, DType.FLOAT32, DType.FLOAT64);
  private static final TypeConstraint SCALES = TypeConstraint.of("scales", DType.FLOAT32);
  private static final TypeConstraint SIZES = TypeConstraint.of("sizes", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Resize")
      .since(19)
      .input("X", T1)
      .optionalInput("roi", T2)
      .optionalInput("scales", SCALES)
      .optionalInput("sizes", SIZES)
      .output("Y", T1)
      .attribute("antialias", 0)
      .attribute("axes", Kind.INTS)
      .attribute("coordinate_transformation_mode", "half_pixel")
      .attribute("cubic_coeff_a", -0.75f)
      .attribute("exclude_outside", 0)
      .attribute("extrapolation_value", 0f)
      .attribute("keep_aspect_ratio_policy", "stretch")
      .attribute("mode", "nearest")
      .attribute("nearest_mode", "round_prefer_floor")
      .create(Resize::of);

  public Resize {
    axes = List.copyOf(axes);
  }

  private static Resize of(Attributes attributes) {
    return new Resize(
        Modes.of(Mode.class, "mode", attributes.string("mode", "nearest")),
        Modes.of(Coordinates.class, "coordinate_transformation_mode",
            attributes.string("coordinate_transformation_mode", "half_pixel")),
        Modes.of(NearestMode.class, "nearest_mode", attributes.string("nearest_mode", "round_prefer_floor")),
        attributes.real("cubic_coeff_a", -0.75f),
        attributes.flag("antialias"),
        attributes.flag("exclude_outside"),
        attributes.real("extrapolation_value", 0),
        Modes.of(AspectRatioPolicy.class, "keep_aspect_ratio_policy",
            attributes.string("keep_aspect_ratio_policy", "stretch")),
        attributes.integers("axes", List.of()));
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = Attributes.of("mode", Modes.text(mode))
        .with("coordinate_transformation_mode", Modes.text(coordinates))
        .with("nearest_mode", Modes.text(nearestMode))
        .with("cubic_coeff_a", cubicCoefficient)
        .with("antialias", antialias)
        .with("exclude_outside", excludeOutside)
        .with("extrapolation_value", extrapolationValue)
        .with("keep_aspect_ratio_policy", Modes.text(aspectRatioPolicy));
    return axes.isEmpty() ? attributes : attributes.with("axes", axes);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(in.tensor(0).dtype(), shape(in)));
  }

  private Shape shape(InferenceContext in) {
    boolean scaled = given(in, 2);
    if (scaled == given(in, 3)) {
      throw new InvalidGraphException("scales and sizes: " + (scaled ? "both" : "none") + " (expected: one of them)");
    }
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return x;
    }
    int[] listed = listed(x.rank());
    int port = scaled ? 2 : 3;
    Optional<Integer> length = ShapeInput.length(in, port);
    if (length.isPresent() && length.get() != listed.length) {
      throw new InvalidGraphException((scaled ? "scales: " : "sizes: ") + length.get() + " numbers (expected: "
          + listed.length + ")");
    }
    Optional<List<Dim>> sizes = scaled ? scaledSizes(in, x, listed) : givenSizes(in, x, listed);
    if (sizes.isEmpty()) {
      return ShapeInput.fresh(in, x, listed);
    }
    Shape y = x;
    for (int i = 0; i < listed.length; i++) {
      y = y.with(listed[i], sizes.get().get(i));
    }
    return y;
  }

  /** An empty list stands for an input that is absent. */
  private static boolean given(InferenceContext in, int port) {
    return in.has(port) && !in.tensor(port).shape().equals(Shape.of(0));
  }

  private int[] listed(int rank) {
    return axes.isEmpty()
        ? IntStream.range(0, rank).toArray()
        : Axes.normalize(axes.stream().mapToLong(Long::longValue).toArray(), rank);
  }

  private Optional<List<Dim>> scaledSizes(InferenceContext in, Shape x, int[] listed) {
    Optional<float[]> scales = in.constant(2).map(Tensor::toFloats);
    Optional<Tensor> roi = in.constant(1);
    boolean cropped = coordinates == Coordinates.TF_CROP_AND_RESIZE;
    if (scales.isEmpty() || cropped && roi.isEmpty()) {
      return Optional.empty();
    }
    List<Dim> sizes = new ArrayList<>();
    for (int i = 0; i < listed.length; i++) {
      float part = cropped
          ? (float) (roi.get().getDouble(i + listed.length) - roi.get().getDouble(i))
          : 1;
      int axis = listed[i];
      sizes.add(scaled(x.dim(axis), scales.get()[i] * part).orElseGet(() -> in.freshDim("d" + axis)));
    }
    return Optional.of(sizes);
  }

  /** floor(size · scale); symbolic sizes only by scales that are multiples of 1/8. */
  private static Optional<Dim> scaled(Dim size, float scale) {
    if (!(scale > 0)) {
      throw new InvalidGraphException("scale: " + scale + " (expected: > 0)");
    }
    if (size instanceof Dim.Known(long known)) {
      return Optional.of(Dim.of((long) Math.floor(known * scale)));
    }
    for (int divisor = 1; divisor <= 8; divisor *= 2) {
      float multiple = scale * divisor;
      if (multiple == Math.rint(multiple)) {
        return Optional.of(size.times((long) multiple).floorDiv(divisor));
      }
    }
    return Optional.empty();
  }

  private Optional<List<Dim>> givenSizes(InferenceContext in, Shape x, int[] listed) {
    Optional<DimVector> sizes = ShapeInput.dims(in, 3);
    if (sizes.isEmpty() || aspectRatioPolicy == AspectRatioPolicy.STRETCH) {
      return sizes.map(DimVector::values);
    }
    Optional<long[]> known = sizes.get().known();
    Shape resized = Shape.of(Arrays.stream(listed).mapToObj(x::dim).toList());
    if (known.isEmpty() || !resized.isKnown()) {
      return Optional.empty();
    }
    double scale = commonScale(known.get(), resized.known());
    return Optional.of(resized.map(dim -> Dim.of((long) Math.floor(((Dim.Known) dim).size() * scale + 0.5))).dims());
  }

  private double commonScale(long[] sizes, long[] from) {
    double scale = (double) sizes[0] / from[0];
    for (int i = 1; i < sizes.length; i++) {
      double own = (double) sizes[i] / from[i];
      scale = aspectRatioPolicy == AspectRatioPolicy.NOT_LARGER ? Math.min(scale, own) : Math.max(scale, own);
    }
    return scale;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    List<ResizedAxis> resized =
        axes(x.dims(), y.dims(), port -> ctx.has(port) ? Optional.of(ctx.input(port)) : Optional.empty());
    if (x.elementCount() == 0 || y.elementCount() == 0) {
      return;
    }
    if (mode == Mode.NEAREST) {
      long[][] sources = resized.stream().map(axis -> axis.nearest(this)).toArray(long[][]::new);
      AxisSources.gather(x, y, sources, Tensor.scalar(x.dtype(), extrapolationValue));
      return;
    }
    double[] values = x.toDoubles();
    long[] dims = x.dims();
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      if (!resized.get(axis).isIdentity(this)) {
        values = interpolate(values, dims, axis, resized.get(axis));
        dims[axis] = y.dim(axis);
      }
    }
    y.set(values);
  }

  /**
   * How each axis is resampled.
   *
   * @param from dimensions of the input
   * @param to dimensions of the output
   * @param inputs of the operator by their ports; empty for one that is absent
   */
  public List<ResizedAxis> axes(long[] from, long[] to, IntFunction<Optional<Tensor>> inputs) {
    List<ResizedAxis> all = new ArrayList<>();
    for (int axis = 0; axis < from.length; axis++) {
      all.add(new ResizedAxis(from[axis], to[axis], from[axis], to[axis], 0, 1));
    }
    int[] listed = listed(from.length);
    Optional<Tensor> scales = inputs.apply(2).filter(list -> list.elementCount() > 0);
    boolean scaled = scales.isPresent();
    boolean common = aspectRatioPolicy != AspectRatioPolicy.STRETCH && !scaled;
    boolean cropped = coordinates == Coordinates.TF_CROP_AND_RESIZE;
    long[] resized = Arrays.stream(listed).mapToLong(axis -> from[axis]).toArray();
    for (int i = 0; i < listed.length; i++) {
      int axis = listed[i];
      double start = cropped ? inputs.apply(1).orElseThrow().getDouble(i) : 0;
      double end = cropped ? inputs.apply(1).orElseThrow().getDouble(i + listed.length) : 1;
      double multiple = scaled
          ? scales.get().getDouble(i)
          : common ? commonScale(inputs.apply(3).orElseThrow().toLongs(), resized) : to[axis];
      double unit = scaled || common ? 1 : from[axis];
      all.set(axis, new ResizedAxis(from[axis], to[axis], unit, multiple, start, end));
    }
    return all;
  }

  private double[] interpolate(double[] x, long[] dims, int axis, ResizedAxis resized) {
    int outer = Math.toIntExact(Shape.product(Arrays.copyOf(dims, axis)));
    int inner = Math.toIntExact(Shape.product(Arrays.copyOfRange(dims, axis + 1, dims.length)));
    int from = (int) resized.from();
    int to = (int) resized.to();
    double[] y = new double[outer * to * inner];
    for (int position = 0; position < to; position++) {
      Optional<ResizedAxis.Taps> taps = resized.taps(this, position);
      for (int o = 0; o < outer; o++) {
        int at = (o * to + position) * inner;
        if (taps.isEmpty()) {
          Arrays.fill(y, at, at + inner, extrapolationValue);
          continue;
        }
        for (int tap = 0; tap < taps.get().indices().length; tap++) {
          double weight = taps.get().weights()[tap];
          int source = (o * from + taps.get().indices()[tap]) * inner;
          for (int i = 0; i < inner; i++) {
            y[at + i] += weight * x[source + i];
          }
        }
      }
    }
    return y;
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return switch (mode) {
      case NEAREST -> Cost.movement(in, out);
      case LINEAR -> Cost.elementwise(in, out, 7);
      case CUBIC -> Cost.elementwise(in, out, 35);
    };
  }

  /** The axes that keep their size. */
  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    Shape x = in.getFirst().shape();
    if (!x.ranked() || axes.isEmpty()) {
      return new AxisFlow.Opaque("the resized axes are not listed");
    }
    List<Long> resized = Arrays.stream(listed(x.rank())).mapToObj(Long::valueOf).toList();
    return new AxisFlow.Links(IntStream.range(0, x.rank())
        .filter(axis -> !resized.contains((long) axis))
        .mapToObj(axis -> Link.of(0, axis, 0, axis))
        .toList());
  }

  /** Interpolation is a weighted mean, which a nearest element is too. */
  @Override
  public QuantizationRule quantization() {
    return mode == Mode.NEAREST
        ? new QuantizationRule.PassThrough()
        : new QuantizationRule.KeepFloat("interpolates");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return mode == Mode.NEAREST || !dtype.isFloat() ? Tolerance.EXACT : Tolerance.epsilons(16);
  }
}
