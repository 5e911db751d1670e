package dev.slipway.operators;

import dev.slipway.tensor.Shape;
import java.util.Arrays;

/** The plain loops of a convolution, for any number of spatial axes. */
final class Convolution {
  private Convolution() {}

  static double[] evaluate(
      double[] x, long[] xDims, double[] w, long[] wDims, double[] bias, SpatialWindow window, long group, long[] yDims) {
    long[] input = Arrays.copyOfRange(xDims, 2, xDims.length);
    long[] output = Arrays.copyOfRange(yDims, 2, yDims.length);
    long[] pads = window.resolvePads(input);
    int inputSize = Math.toIntExact(Shape.product(input));
    int outputSize = Math.toIntExact(Shape.product(output));
    int kernelSize = Math.toIntExact(Shape.product(Arrays.copyOfRange(wDims, 2, wDims.length)));
    int[] taps = taps(window, input, output, pads, kernelSize, outputSize);
    int batch = (int) xDims[0];
    int channels = (int) wDims[1];
    int outputs = (int) wDims[0];
    int outputsPerGroup = (int) (outputs / group);
    double[] y = new double[batch * outputs * outputSize];
    for (int n = 0; n < batch; n++) {
      for (int m = 0; m < outputs; m++) {
        int firstChannel = m / outputsPerGroup * channels;
        int to = (n * outputs + m) * outputSize;
        Arrays.fill(y, to, to + outputSize, bias[m]);
        for (int c = 0; c < channels; c++) {
          int from = (int) ((n * xDims[1] + firstChannel + c) * inputSize);
          for (int k = 0; k < kernelSize; k++) {
            double weight = w[(m * channels + c) * kernelSize + k];
            int tap = k * outputSize;
            for (int o = 0; o < outputSize; o++) {
              int index = taps[tap + o];
              if (index >= 0) {
                y[to + o] += weight * x[from + index];
              }
            }
          }
        }
      }
    }
    return y;
  }

  /** For each kernel element and output element the input element under it, -1 in the padding. */
  private static int[] taps(
      SpatialWindow window, long[] input, long[] output, long[] pads, int kernelSize, int outputSize) {
    int axes = input.length;
    int[] taps = new int[kernelSize * outputSize];
    for (int k = 0; k < kernelSize; k++) {
      for (int o = 0; o < outputSize; o++) {
        int kRest = k;
        int oRest = o;
        int index = 0;
        int stride = 1;
        for (int axis = axes - 1; axis >= 0; axis--) {
          int kernelAxis = Math.toIntExact(window.kernel().get(axis));
          long position = oRest % output[axis] * window.strides().get(axis)
              + kRest % kernelAxis * window.dilations().get(axis) - pads[axis];
          kRest /= kernelAxis;
          oRest /= (int) output[axis];
          index = position < 0 || position >= input[axis] || index < 0 ? -1 : index + (int) position * stride;
          stride *= (int) input[axis];
        }
        taps[k * outputSize + o] = index;
      }
    }
    return taps;
  }
}
