package dev.slipway.operators;



/** The discrete Fourier transform by its definition, of one line of complex numbers. */
record Spectrum(double[] real, double[] imaginary) {

  /** The first {@code count} frequencies; the inverse is divided by the length. */
  Spectrum transform(int count, boolean inverse) {
    int length = real.length;
    double[] cos = new double[length];
    double[] sin = new double[length];
    for (int i = 0; i < length; i++) {
      double angle = (inverse ? 2 : -2) * Math.PI * i / length;
      cos[i] = Math.cos(angle);
      sin[i] = Math.sin(angle);
    }
    double scale = inverse ? 1.0 / length : 1;
    Spectrum to = new Spectrum(new double[count], new double[count]);
    for (int k = 0; k < count; k++) {
      double sumReal = 0;
      double sumImaginary = 0;
      for (int n = 0; n < length; n++) {
        int turn = (int) ((long) k * n % length);
        sumReal += real[n] * cos[turn] - imaginary[n] * sin[turn];
        sumImaginary += real[n] * sin[turn] + imaginary[n] * cos[turn];
      }
      to.real[k] = sumReal * scale;
      to.imaginary[k] = sumImaginary * scale;
    }
    return to;
  }

  /** The whole spectrum of so many frequencies of a real signal, of which this is the first half. */
  Spectrum mirrored(int length) {
    Spectrum whole = new Spectrum(new double[length], new double[length]);
    for (int i = 0; i < length; i++) {
      int half = Math.min(i, length - i);
      if (half < real.length) {
        whole.real[i] = real[half];
        whole.imaginary[i] = i == half ? imaginary[half] : -imaginary[half];
      }
    }
    // A real signal has real frequencies at zero and at the middle.
    whole.imaginary[0] = 0;
    if (length % 2 == 0) {
      whole.imaginary[length / 2] = 0;
    }
    return whole;
  }
}
