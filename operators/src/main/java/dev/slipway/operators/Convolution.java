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
  /** Gathered elements at a time, such that they stay in the second-level cache. */
  private static final int GATHERED = 1 << 16;

  private static final int SHORTEST_RUN = 32;

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
   * Computes N×M×… from activations N×C×… and weights M×C/group×…: the input under every tap of the kernel is gathered
   * for a run of output elements, then each output channel is a weighted sum of these rows.
   *
   * @param bias one for each of the M output channels
   * @param window complete, with the kernel of the weights
   */
  static double[] evaluate(
      double[] x, long[] xDims, double[] w, long[] wDims, double[] bias, SpatialWindow window, long group, long[] yDims) {
    long[] input = Arrays.copyOfRange(xDims, 2, xDims.length);
    long[] output = Arrays.copyOfRange(yDims, 2, yDims.length);
    int inputSize = Math.toIntExact(Shape.product(input));
    int outputSize = Math.toIntExact(Shape.product(output));
    int kernelSize = Math.toIntExact(Shape.product(Arrays.copyOfRange(wDims, 2, wDims.length)));
    int[] taps = taps(window, input, output, kernelSize, outputSize);
    int channels = (int) wDims[1];
    int outputsPerGroup = (int) (wDims[0] / group);
    int run = Math.clamp(outputSize, 1, Math.max(SHORTEST_RUN, GATHERED / Math.max(1, channels * kernelSize)));
    double[][] rows = new double[channels * kernelSize][run];
    double[] sums = new double[run];
    double[] y = new double[Math.toIntExact(Shape.product(yDims))];
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

  /** For each kernel element and output element the input element under it within its plane, -1 in the padding. */
  private static int[] taps(SpatialWindow window, long[] input, long[] output, int kernelSize, int outputSize) {
    long[] pads = window.resolvePads(input);
    int[] taps = new int[Math.multiplyExact(kernelSize, outputSize)];
    int[] positions = new int[outputSize];
    for (int k = 0; k < kernelSize; k++) {
      Arrays.fill(positions, 0);
      int kernelRest = k;
      int inputStride = 1;
      int outputStride = 1;
      for (int axis = input.length - 1; axis >= 0; axis--) {
        int kernel = Math.toIntExact(window.kernel().get(axis));
        long shift = kernelRest % kernel * window.dilations().get(axis) - pads[axis];
        long stride = window.strides().get(axis);
        kernelRest /= kernel;
        for (int o = 0; o < outputSize; o++) {
          long position = o / outputStride % output[axis] * stride + shift;
          boolean inside = position >= 0 && position < input[axis] && positions[o] >= 0;
          positions[o] = inside ? positions[o] + (int) position * inputStride : -1;
        }
        inputStride *= (int) input[axis];
        outputStride *= (int) output[axis];
      }
      System.arraycopy(positions, 0, taps, k * outputSize, outputSize);
    }
    return taps;
  }
}
