package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** What the convolutions share: shapes, and the plain loops for any number of spatial axes in double precision. */
final class Convolution {
  /** Planes up to this many elements are one row for a window of one element. */
  private static final long LONGEST_ROW = 1024;

  private Convolution() {}

  /** The window with every list filled in, for weights of this shape. */
  static SpatialWindow window(SpatialWindow window, Shape weights) {
    long[] sizes = weights.slice(2, weights.rank()).known();
    return window.complete(Arrays.stream(sizes).boxed().toList());
  }

  static void requireGroup(long group) {
    if (group < 1) {
      throw new InvalidGraphException("attribute group: " + group + " (expected: >= 1)");
    }
  }

  /** The shape N×M×… for activations and weights of these shapes. */
  static Shape shape(Shape x, Shape w, SpatialWindow window, long group) {
    if (!x.ranked() || !w.ranked()) {
      return Shape.UNRANKED;
    }
    if (x.rank() != w.rank() || x.rank() < 3) {
      throw new InvalidGraphException("shapes: X " + x + ", W " + w + " (expected: one rank of at least 3)");
    }
    Dim channels = w.dim(1).times(group);
    if (x.dim(1) instanceof Dim.Known && channels instanceof Dim.Known && !x.dim(1).equals(channels)) {
      throw new InvalidGraphException("channels of X: " + x.dim(1) + " (expected: " + channels + ", as W " + w
          + " with group " + group + " takes)");
    }
    if (w.dim(0) instanceof Dim.Known(long m) && m % group != 0) {
      throw new InvalidGraphException("output channels: " + m + " (expected: a multiple of group " + group + ")");
    }
    return Shape.of(x.dim(0), w.dim(0)).concat(window(window, w).output(x.slice(2, x.rank())));
  }

  /** Subtracts the zero point, one for all or one for each index of the first axis. */
  static void subtractZeroPoint(double[] values, Tensor zeroPoint) {
    int each = Math.toIntExact(values.length / Math.max(1, zeroPoint.elementCount()));
    for (int i = 0; i < values.length; i++) {
      values[i] -= zeroPoint.getLong(i / each);
    }
  }

  /**
   * Two operations for each multiply-add: output elements times C/group times the kernel's size; and so many more for
   * each output element.
   */
  static Cost cost(Shape w, int perElement, List<TensorType> in, List<TensorType> out) {
    Dim taps = w.ranked() ? w.slice(1, w.rank()).elements() : Dim.ONE;
    return Cost.of(out.getFirst().shape().elements().times(taps.times(2).plus(perElement)), in, out);
  }

  /** The batch comes from the activations, the channels from the weights at this port. */
  static AxisFlow axisFlow(int weights) {
    return AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(weights, 0, 0, 1));
  }

  /**
   * Computes N×M×… from activations N×C×… and weights M×C/group×….
   *
   * @param bias one for each of the M output channels
   * @param window complete, with the kernel of the weights
   */
  static double[] evaluate(
      double[] x, long[] xDims, double[] w, long[] wDims, double[] bias, SpatialWindow window, long group, long[] yDims) {
    long[] input = Arrays.copyOfRange(xDims, 2, xDims.length);
    long[] output = Arrays.copyOfRange(yDims, 2, yDims.length);
    Rows rows = Rows.of(window, input, output);
    int batch = (int) xDims[0];
    int channels = (int) wDims[1];
    int outputs = (int) wDims[0];
    int outputsPerGroup = (int) (outputs / group);
    double[] y = new double[Math.toIntExact(Shape.product(yDims))];
    int count = rows.count();
    int length = rows.length();
    int planeSize = rows.planeSize();
    int taps = rows.taps();
    for (int n = 0; n < batch; n++) {
      for (int row = 0; row < count; row++) {
        int[] starts = rows.starts(row);
        for (int m = 0; m < outputs; m++) {
          int firstPlane = (int) (n * xDims[1]) + m / outputsPerGroup * channels;
          int to = ((n * outputs + m) * count + row) * length;
          Arrays.fill(y, to, to + length, bias[m]);
          for (int c = 0; c < channels; c++) {
            rows.accumulate(x, (firstPlane + c) * planeSize, starts, w, (m * channels + c) * taps, y, to);
          }
        }
      }
    }
    return y;
  }

  /** The output taken as rows along its last axis. */
  private record Rows(int[] input, int[] output, int[] kernel, int[] strides, int[] dilations, int[] pads) {

    static Rows of(SpatialWindow window, long[] input, long[] output) {
      boolean pointwise = window.kernel().stream().allMatch(k -> k == 1)
          && window.strides().stream().allMatch(s -> s == 1)
          && Arrays.equals(input, output);
      if (pointwise && Shape.product(input) <= LONGEST_ROW) {
        int[] plane = {(int) Shape.product(input)};
        int[] one = {1};
        return new Rows(plane, plane, one, one, one, new int[1]);
      }
      return new Rows(
          ints(input),
          ints(output),
          ints(window.kernel()),
          ints(window.strides()),
          ints(window.dilations()),
          ints(window.resolvePads(input)));
    }

    int length() {
      return output[output.length - 1];
    }

    int count() {
      return product(output) / Math.max(1, length());
    }

    int planeSize() {
      return product(input);
    }

    int taps() {
      return product(kernel);
    }

    /** Where the input row under each kernel row begins within the plane; -1 for a row in the padding. */
    int[] starts(int row) {
      int last = input.length - 1;
      int[] starts = new int[taps() / kernel[last]];
      for (int k = 0; k < starts.length; k++) {
        int rowRest = row;
        int kernelRest = k;
        int stride = input[last];
        for (int axis = last - 1; axis >= 0; axis--) {
          int position = rowRest % output[axis] * strides[axis] + kernelRest % kernel[axis] * dilations[axis] - pads[axis];
          rowRest /= output[axis];
          kernelRest /= kernel[axis];
          boolean inside = position >= 0 && position < input[axis] && starts[k] >= 0;
          starts[k] = inside ? starts[k] + position * stride : -1;
          stride *= input[axis];
        }
      }
      return starts;
    }

    /** Adds what one channel gives to one output row. */
    void accumulate(double[] x, int plane, int[] starts, double[] w, int weights, double[] y, int to) {
      int last = input.length - 1;
      int stride = strides[last];
      for (int k = 0; k < starts.length; k++) {
        for (int tap = 0; tap < kernel[last] && starts[k] >= 0; tap++) {
          int shift = tap * dilations[last] - pads[last];
          int first = Math.max(0, Math.ceilDiv(-shift, stride));
          int end = Math.min(output[last], Math.floorDiv(input[last] - 1 - shift, stride) + 1);
          addScaled(w[weights + k * kernel[last] + tap], x, plane + starts[k] + shift, stride, y, to, first, end);
        }
      }
    }

    private static void addScaled(
        double weight, double[] x, int from, int stride, double[] y, int to, int first, int end) {
      if (stride == 1) {
        for (int o = first; o < end; o++) {
          y[to + o] += weight * x[from + o];
        }
        return;
      }
      for (int o = first; o < end; o++) {
        y[to + o] += weight * x[from + o * stride];
      }
    }

    private static int product(int[] sizes) {
      return Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    }

    private static int[] ints(long[] values) {
      return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    private static int[] ints(List<Long> values) {
      return values.stream().mapToInt(Math::toIntExact).toArray();
    }
  }
}
