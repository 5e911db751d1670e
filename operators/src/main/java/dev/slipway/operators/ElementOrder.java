package dev.slipway.operators;

import dev.slipway.tensor.Tensor;

/** The order of the elements of one tensor, which are named by their indices; NaN is the largest. */
interface ElementOrder {

  int compare(long a, long b);

  static ElementOrder of(Tensor x) {
    if (x.dtype().isFloat()) {
      return (a, b) -> compare(x.getDouble(a), x.getDouble(b));
    }
    return x.dtype().isUnsigned()
        ? (a, b) -> Long.compareUnsigned(x.getLong(a), x.getLong(b))
        : (a, b) -> Long.compare(x.getLong(a), x.getLong(b));
  }

  /** Both zeros are equal. */
  private static int compare(double a, double b) {
    return a == b ? 0 : Double.compare(a, b);
  }
}
