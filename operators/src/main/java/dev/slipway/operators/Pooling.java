package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** What the poolings share: activations N×C×spatial, one window for each spatial element of the output. */
final class Pooling {
  private Pooling() {}

  /** Where the windows lie in one plane. */
  record Windows(int[][] taps, int[] padded) {}

  /** What a pooling makes of one window. */
  interface Reduction {
    /**
     * The value of one output element.
     *
     * @param plane index of the plane's first element
     * @param taps the elements under the window within the plane, padding left out
     * @param padded how many elements the window covers, explicit padding included
     */
    double apply(double[] x, int plane, int[] taps, int padded);
  }

  /** Adds the attributes that all poolings have. */
  static OpSchema.Builder attributes(OpSchema.Builder schema) {
    return schema
        .attribute("auto_pad", "NOTSET")
        .attribute("ceil_mode", 0)
        .attribute("dilations", Kind.INTS)
        .requiredAttribute("kernel_shape", Kind.INTS)
        .attribute("pads", Kind.INTS)
        .attribute("strides", Kind.INTS);
  }

  static Attributes attributes(SpatialWindow window) {
    return window.attributes().with("ceil_mode", window.ceilMode());
  }

  static SpatialWindow window(Attributes attributes) {
    SpatialWindow window = SpatialWindow.of(attributes);
    return window.complete(window.kernel());
  }

  static TensorType output(InferenceContext in, SpatialWindow window) {
    TensorType x = in.tensor(0);
    if (!x.shape().ranked()) {
      return x;
    }
    int rank = window.kernel().size() + 2;
    if (x.shape().rank() != rank) {
      throw new InvalidGraphException("shape: " + x.shape() + " (expected: rank " + rank + " for kernel_shape "
          + window.kernel() + ")");
    }
    for (int i = 0; i < window.pads().size(); i++) {
      int axis = i % window.kernel().size();
      if (window.pads().get(i) >= window.kernel().get(axis)) {
        throw new InvalidGraphException(
            "attribute pads: " + window.pads() + " (expected: less than kernel_shape " + window.kernel() + ")");
      }
    }
    return TensorType.of(x.dtype(), x.shape().slice(0, 2).concat(window.output(x.shape().slice(2, rank))));
  }

  static void evaluate(Tensor x, Tensor y, SpatialWindow window, Reduction reduction) {
    Windows windows = windows(window, spatial(x), spatial(y));
    double[] values = x.toDoubles();
    int planeSize = Math.toIntExact(Shape.product(spatial(x)));
    int outputs = windows.taps().length;
    long planes = x.dim(0) * x.dim(1);
    for (int plane = 0; plane < planes; plane++) {
      for (int o = 0; o < outputs; o++) {
        y.setDouble(
            (long) plane * outputs + o,
            reduction.apply(values, plane * planeSize, windows.taps()[o], windows.padded()[o]));
      }
    }
  }

  static Windows windows(SpatialWindow window, long[] input, long[] output) {
    long[] pads = window.resolvePads(input);
    long[] kernel = window.kernel().stream().mapToLong(Long::longValue).toArray();
    int axes = input.length;
    int count = Math.toIntExact(Shape.product(output));
    int size = Math.toIntExact(Shape.product(kernel));
    int[][] taps = new int[count][];
    int[] padded = new int[count];
    int[] found = new int[size];
    for (int o = 0; o < count; o++) {
      int inside = 0;
      for (int k = 0; k < size; k++) {
        int index = 0;
        int stride = 1;
        boolean real = true;
        boolean covered = true;
        int oRest = o;
        int kRest = k;
        for (int axis = axes - 1; axis >= 0; axis--) {
          long position = oRest % output[axis] * window.strides().get(axis)
              + kRest % kernel[axis] * window.dilations().get(axis) - pads[axis];
          oRest /= (int) output[axis];
          kRest /= (int) kernel[axis];
          real &= position >= 0 && position < input[axis];
          covered &= position < input[axis] + pads[axis + axes];
          index += (int) position * stride;
          stride *= (int) input[axis];
        }
        if (real) {
          found[inside++] = index;
        }
        padded[o] += covered ? 1 : 0;
      }
      taps[o] = Arrays.copyOf(found, inside);
    }
    return new Windows(taps, padded);
  }

  /** So many operations for each element of each window, and so many more for each output element. */
  static Cost cost(SpatialWindow window, List<TensorType> in, List<TensorType> out, int perTap, int perOutput) {
    long taps = window.kernel().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    return Cost.of(out.getFirst().shape().elements().times(taps * perTap + perOutput), in, out);
  }

  static AxisFlow axisFlow() {
    return AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 1, 0, 1));
  }

  private static long[] spatial(Tensor tensor) {
    return Arrays.copyOfRange(tensor.dims(), 2, tensor.rank());
  }
}
