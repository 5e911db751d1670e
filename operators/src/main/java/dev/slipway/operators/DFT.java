package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
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
import java.util.List;
import java.util.OptionalLong;

/**
 * The discrete Fourier transform along an axis, by default the second to last. The last axis holds one real number or
 * the real and the imaginary part. One-sided, the forward transform gives the first half of the frequencies of a real
 * signal, and the inverse makes a real signal of them.
 */
public record DFT(boolean inverse, boolean onesided) implements Op {
  private static final int LENGTH = 1;
  private static final int AXIS = 2;
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("DFT")
      .since(20)
      .input("input", T1)
      .optionalInput("dft_length", TypeConstraint.of("T2", DType.INDICES))
      .optionalInput("axis", TypeConstraint.of("axis", DType.INT64))
      .output("output", T1)
      .attribute("inverse", 0)
      .attribute("onesided", 0)
      .create(attributes -> new DFT(attributes.flag("inverse"), attributes.flag("onesided")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("inverse", inverse).with("onesided", onesided);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return List.of(in.tensor(0));
    }
    if (x.rank() < 2 || x.dim(-1) instanceof Dim.Known(long parts) && parts != 1 && parts != 2) {
      throw new InvalidGraphException(
          "input: " + x + " (expected: a rank of at least 2, and 1 or 2 as the last dimension)");
    }
    if (in.has(AXIS)) {
      ScalarInput.requireOne(in, AXIS, "axis");
    }
    Dim parts = Dim.of(inverse && onesided ? 1 : 2);
    OptionalLong axis = in.has(AXIS) ? in.integer(AXIS) : OptionalLong.of(-2);
    if (axis.isEmpty()) {
      List<Dim> dims = new ArrayList<>();
      for (int i = 0; i < x.rank() - 1; i++) {
        dims.add(in.freshDim("d" + i));
      }
      dims.add(parts);
      return List.of(in.tensor(0).withShape(Shape.of(dims)));
    }
    int along = axis(axis.getAsLong(), x.rank());
    Dim length = in.has(LENGTH)
        ? ScalarInput.size(in, LENGTH, "dft_length", 1)
        : inverse && onesided ? x.dim(along).minus(1).times(2) : x.dim(along);
    if (length instanceof Dim.Known(long known) && known < 1) {
      throw new InvalidGraphException("dft_length: " + known + " (expected: >= 1)");
    }
    Dim size = onesided && !inverse ? length.floorDiv(2).plus(1) : length;
    return List.of(in.tensor(0).withShape(x.with(along, size).with(-1, parts)));
  }

  private static int axis(long axis, int rank) {
    int along = Axes.normalize(axis, rank);
    if (along == rank - 1) {
      throw new InvalidGraphException("axis: " + axis + " (expected: another than the last, which holds the parts)");
    }
    return along;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    int along = axis(ctx.has(AXIS) ? ScalarInput.integer(ctx, AXIS) : -2, x.rank());
    int parts = Math.toIntExact(x.dim(-1));
    int outputParts = Math.toIntExact(y.dim(-1));
    int size = Math.toIntExact(y.dim(along));
    int length = ctx.has(LENGTH) ? Math.toIntExact(ScalarInput.integer(ctx, LENGTH)) : defaultLength(x.dim(along));
    int inputs = inverse && onesided ? length / 2 + 1 : length;
    Lines from = Lines.of(Arrays.copyOf(x.dims(), x.rank() - 1), along);
    Lines to = Lines.of(Arrays.copyOf(y.dims(), y.rank() - 1), along);
    for (int line = 0; line < from.count(); line++) {
      Spectrum signal = new Spectrum(new double[inputs], new double[inputs]);
      for (int i = 0; i < Math.min(inputs, from.length()); i++) {
        long index = (long) from.index(line, i) * parts;
        signal.real()[i] = x.getDouble(index);
        signal.imaginary()[i] = parts == 2 ? x.getDouble(index + 1) : 0;
      }
      Spectrum result = (inverse && onesided ? signal.mirrored(length) : signal).transform(size, inverse);
      for (int k = 0; k < size; k++) {
        long index = (long) to.index(line, k) * outputParts;
        y.setDouble(index, result.real()[k]);
        if (outputParts == 2) {
          y.setDouble(index + 1, result.imaginary()[k]);
        }
      }
    }
  }

  private int defaultLength(long size) {
    return Math.toIntExact(inverse && onesided ? 2 * (size - 1) : size);
  }

  /** Of a fast transform: about 5 n log2(n) operations for a line of n, with a logarithm of 10. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 50);
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
