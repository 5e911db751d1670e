package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the convolutions share: shapes, and the plain loops for any number of spatial axes in double precision. */
final class Convolution {
  /** Gathered elements at a time, such that they stay in the second-level cache. */
  private static final int GATHERED = 1 << 16;

  private static final int SHORTEST_RUN = 32;

  private Convolution() {}

  /** The window with every list filled in, for weights of this shape. */
  static SpatialWindow window(SpatialWindow window, Shape weights) {
    List<Long> sizes = new ArrayList<>(weights.rank());
    for (long size : weights.slice(2, weights.rank()).known()) {
      sizes.add(size);
    }
    if (!window.kernel().isEmpty() && !window.kernel().equals(sizes)) {
      throw new InvalidGraphException(
          "attribute kernel_shape: " + window.kernel() + " (expected: " + sizes + ", as the weights " + weights + ")");
    }
    return window.complete(sizes);
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
    Dim elements = out.getFirst().shape().elements();
    return Cost.products(elements.times(taps), elements.times(perElement), in, out);
  }

  /**
   * The batch comes from the activations; the channels from the weights at this port, from further inputs with one
   * number for each, and, where every group is one channel in and one out, from the activations.
   */
  static AxisFlow axisFlow(List<TensorType> in, long group, int weights, int... perChannel) {
    List<AxisFlow.Link> links = new ArrayList<>();
    links.add(AxisFlow.Link.of(0, 0, 0, 0));
    links.add(AxisFlow.Link.of(weights, 0, 0, 1));
    Shape x = in.getFirst().shape();
    Shape w = in.get(weights).shape();
    if (group > 1 && x.ranked() && w.ranked() && x.dim(1).is(group) && w.dim(0).is(group)) {
      links.add(AxisFlow.Link.of(0, 1, 0, 1));
    }
    for (int port : perChannel) {
      Shape own = port < in.size() ? in.get(port).shape() : Shape.SCALAR;
      if (own.ranked() && own.rank() == 1 && w.ranked() && own.dim(0).equals(w.dim(0))) {
        links.add(AxisFlow.Link.of(port, 0, 0, 1));
      }
    }
    return new AxisFlow.Links(links);
  }

  /** Computes N×M×… from activations N×C×… and weights M×C/group×…; the window complete, with the weights' kernel. */
  static double[] evaluate(
      double[] x,
      long[] xDims,
      double[] w,
      double[] bias,
      SpatialWindow window,
      long group,
      long[] yDims) {
    return evaluate(x, xDims, w, bias, taps(window, spatial(xDims), spatial(yDims)), group, yDims);
  }

  /**
   * Computes N×M×…: the input under every tap of the kernel is gathered for a run of output elements, then each output
   * channel is a weighted sum of these rows.
   *
   * @param w one for each output channel, channel of its group, and kernel element
   * @param bias one for each output channel
   * @param taps for each kernel element and output element the input element under it within its plane, or -1
   */
  static double[] evaluate(
      double[] x, long[] xDims, double[] w, double[] bias, int[] taps, long group, long[] yDims) {
    int inputSize = Math.toIntExact(Shape.product(spatial(xDims)));
    int outputSize = Math.toIntExact(Shape.product(spatial(yDims)));
    int channels = (int) (xDims[1] / group);
    int outputsPerGroup = (int) (yDims[1] / group);
    double[] y = new double[Math.toIntExact(Shape.product(yDims))];
    if (y.length == 0) {
      return y;
    }
    int kernelSize = taps.length / outputSize;
    int run = Math.clamp(outputSize, 1, Math.max(SHORTEST_RUN, GATHERED / Math.max(1, channels * kernelSize)));
    double[][] rows = new double[channels * kernelSize][run];
    double[] sums = new double[run];
    for (int image = 0; image < xDims[0] * group; image++) {
      for (int first = 0; first < outputSize; first += run) {
        int length = Math.min(run, outputSize - first);
        for (int row = 0; row < rows.length; row++) {
          int plane = (image * channels + row / kernelSize) * inputSize;
          gather(x, plane, taps, row % kernelSize * outputSize + first, rows[row], length);
        }
        for (int i = 0; i < outputsPerGroup; i++) {
          int m = (int) (image % group) * outputsPerGroup + i;
          Arrays.fill(sums, bias[m]);
          for (int row = 0; row < rows.length; row++) {
            addScaled(w[m * rows.length + row], rows[row], sums);
          }
          System.arraycopy(sums, 0, y, (image * outputsPerGroup + i) * outputSize + first, length);
        }
      }
    }
    return y;
  }

  private static long[] spatial(long[] dims) {
    return Arrays.copyOfRange(dims, 2, dims.length);
  }

  /** The input elements under one tap, zeros in the padding. */
  private static void gather(double[] x, int plane, int[] taps, int first, double[] row, int length) {
    for (int o = 0; o < length; o++) {
      int tap = taps[first + o];
      row[o] = tap < 0 ? 0 : x[plane + tap];
    }
  }

  private static void addScaled(double weight, double[] row, double[] sums) {
    for (int o = 0; o < sums.length; o++) {
      sums[o] += weight * row[o];
    }
  }

  private static int[] taps(SpatialWindow window, long[] input, long[] output) {
    long[] pads = window.resolvePads(input);
    return taps(window, input, output, (axis, position, tap) ->
        position * window.strides().get(axis) + tap * window.dilations().get(axis) - pads[axis]);
  }

  /** Where the input element of an axis lies under a kernel element for an output element; negative if nowhere. */
  interface AxisTap {
    long input(int axis, long output, long kernel);
  }

  /** For each kernel element and output element the input element under it within its plane, -1 where there is none. */
  static int[] taps(SpatialWindow window, long[] input, long[] output, AxisTap axisTap) {
    int outputSize = Math.toIntExact(Shape.product(output));
    int kernelSize = window.kernel().stream().mapToInt(Math::toIntExact).reduce(1, Math::multiplyExact);
    int[] taps = new int[Math.multiplyExact(kernelSize, outputSize)];
    int kernelStride = 1;
    int inputStride = 1;
    int outputStride = 1;
    for (int axis = input.length - 1; axis >= 0; axis--) {
      long kernel = window.kernel().get(axis);
      for (int i = 0; i < taps.length; i++) {
        long position =
            axisTap.input(axis, i % outputSize / outputStride % output[axis], i / outputSize / kernelStride % kernel);
        boolean inside = position >= 0 && position < input[axis] && taps[i] >= 0;
        taps[i] = inside ? taps[i] + (int) position * inputStride : -1;
      }
      kernelStride *= (int) kernel;
      inputStride *= (int) input[axis];
      outputStride *= (int) output[axis];
    }
    return taps;
  }
}
