package dev.slipway.backend.cpu;

/** Convolution and pooling by definition, in double precision, over [N, C, H, W]. */
final class ConvolutionReference {
  private ConvolutionReference() {}

  static double[] convolution(ConvShape s, float[] x, float[] w, float[] bias) {
    int inGroup = s.inChannels() / s.groups();
    int outGroup = s.outChannels() / s.groups();
    double[] y = new double[s.batch() * s.outChannels() * s.outHeight() * s.outWidth()];
    int at = 0;
    for (int n = 0; n < s.batch(); n++) {
      for (int o = 0; o < s.outChannels(); o++) {
        for (int oh = 0; oh < s.outHeight(); oh++) {
          for (int ow = 0; ow < s.outWidth(); ow++) {
            double sum = bias[o];
            for (int c = 0; c < inGroup; c++) {
              for (int kh = 0; kh < s.kernelHeight(); kh++) {
                for (int kw = 0; kw < s.kernelWidth(); kw++) {
                  int ih = oh * s.strideHeight() - s.padTop() + kh * s.dilationHeight();
                  int iw = ow * s.strideWidth() - s.padLeft() + kw * s.dilationWidth();
                  if (ih >= 0 && ih < s.inHeight() && iw >= 0 && iw < s.inWidth()) {
                    int channel = o / outGroup * inGroup + c;
                    sum += (double) x[((n * s.inChannels() + channel) * s.inHeight() + ih) * s.inWidth() + iw]
                        * w[((o * inGroup + c) * s.kernelHeight() + kh) * s.kernelWidth() + kw];
                  }
                }
              }
            }
            y[at++] = sum;
          }
        }
      }
    }
    return y;
  }

  static double[] pooling(ConvShape s, float[] x, boolean max, boolean countPadding) {
    double[] y = new double[s.batch() * s.inChannels() * s.outHeight() * s.outWidth()];
    int at = 0;
    for (int plane = 0; plane < s.batch() * s.inChannels(); plane++) {
      for (int oh = 0; oh < s.outHeight(); oh++) {
        for (int ow = 0; ow < s.outWidth(); ow++) {
          double sum = 0;
          double largest = Double.NEGATIVE_INFINITY;
          int inside = 0;
          int padded = 0;
          for (int kh = 0; kh < s.kernelHeight(); kh++) {
            for (int kw = 0; kw < s.kernelWidth(); kw++) {
              int ih = oh * s.strideHeight() - s.padTop() + kh * s.dilationHeight();
              int iw = ow * s.strideWidth() - s.padLeft() + kw * s.dilationWidth();
              padded += ih < s.inHeight() + s.padBottom() && iw < s.inWidth() + s.padRight() ? 1 : 0;
              if (ih >= 0 && ih < s.inHeight() && iw >= 0 && iw < s.inWidth()) {
                double value = x[(plane * s.inHeight() + ih) * s.inWidth() + iw];
                sum += value;
                largest = Math.max(largest, value);
                inside++;
              }
            }
          }
          y[at++] = max ? largest : sum / (countPadding ? padded : inside);
        }
      }
    }
    return y;
  }
}
