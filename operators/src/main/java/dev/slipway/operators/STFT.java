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
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * The Fourier transforms of the frames of a signal batch×length×parts, each frame weighted by a window. The result is
 * batch×frames×frequencies×2.
 */
public record STFT(boolean onesided) implements Op {
  private static final int STEP = 1;
  private static final int WINDOW = 2;
  private static final int LENGTH = 3;
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("STFT")
      .since(17)
      .input("signal", T1)
      .input("frame_step", T2)
      .optionalInput("window", T1)
      .optionalInput("frame_length", T2)
      .output("output", T1)
      .attribute("onesided", 1)
      .create(attributes -> new STFT(attributes.integer("onesided", 1) != 0));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("onesided", onesided);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape signal = in.tensor(0).shape();
    if (!signal.ranked()) {
      return List.of(in.tensor(0));
    }
    if (signal.rank() != 3) {
      throw new InvalidGraphException("signal: " + signal + " (expected: batch, length, and 1 or 2)");
    }
    Dim length = frameLength(in, signal);
    Dim frames = signal.dim(1).minus(length).floorDiv(ScalarInput.size(in, STEP, "frame_step", 1)).plus(1);
    if (frames instanceof Dim.Known(long count) && count < 1) {
      throw new InvalidGraphException(
          "signal length: " + signal.dim(1) + " (expected: at least a frame of " + length + ")");
    }
    Dim frequencies = onesided ? length.floorDiv(2).plus(1) : length;
    return List.of(in.tensor(0).withShape(Shape.of(signal.dim(0), frames, frequencies, Dim.of(2))));
  }

  private static Dim frameLength(InferenceContext in, Shape signal) {
    if (in.has(LENGTH)) {
      return ScalarInput.size(in, LENGTH, "frame_length", 1);
    }
    if (!in.has(WINDOW)) {
      return signal.dim(1);
    }
    Shape window = in.tensor(WINDOW).shape();
    if (window.ranked() && window.rank() != 1) {
      throw new InvalidGraphException("window: " + window + " (expected: a vector)");
    }
    return window.ranked() ? window.dim(0) : in.freshDim("frame_length");
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    int step = Math.toIntExact(ScalarInput.integer(ctx, STEP));
    int length = length(ctx, x);
    double[] window = window(ctx, length);
    int parts = Math.toIntExact(x.dim(2));
    int frequencies = Math.toIntExact(y.dim(2));
    long to = 0;
    for (long n = 0; n < x.dim(0); n++) {
      for (long frame = 0; frame < y.dim(1); frame++) {
        Spectrum signal = new Spectrum(new double[length], new double[length]);
        for (int i = 0; i < length; i++) {
          long index = (n * x.dim(1) + frame * step + i) * parts;
          signal.real()[i] = x.getDouble(index) * window[i];
          signal.imaginary()[i] = parts == 2 ? x.getDouble(index + 1) * window[i] : 0;
        }
        Spectrum result = signal.transform(frequencies, false);
        for (int k = 0; k < frequencies; k++) {
          y.setDouble(to++, result.real()[k]);
          y.setDouble(to++, result.imaginary()[k]);
        }
      }
    }
  }

  private static int length(ReferenceContext ctx, Tensor signal) {
    if (ctx.has(LENGTH)) {
      return Math.toIntExact(ScalarInput.integer(ctx, LENGTH));
    }
    return Math.toIntExact(ctx.has(WINDOW) ? ctx.input(WINDOW).dim(0) : signal.dim(1));
  }

  private static double[] window(ReferenceContext ctx, int length) {
    double[] window = new double[length];
    Arrays.fill(window, 1);
    if (ctx.has(WINDOW)) {
      window = ctx.input(WINDOW).toDoubles();
    }
    if (window.length != length) {
      throw new SlipwayException("window: " + window.length + " elements (expected: frame_length " + length + ")");
    }
    return window;
  }

  /** Of a fast transform of frames of some 1000 elements: about 5 log2(n) operations for each. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 50);
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
