package dev.slipway.operators;

import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;

/** What becomes of an element and its update. */
public enum ScatterReduction {
  /** The update replaces the element. */
  NONE,
  ADD,
  MUL,
  MAX,
  MIN;

  /** Updates one element. */
  void apply(Tensor y, long at, Tensor updates, long from) {
    if (this == NONE) {
      ElementCopy.copy(updates, from, y, at);
    } else if (y.dtype().isFloat()) {
      y.setDouble(at, reduce(y.getDouble(at), updates.getDouble(from)));
    } else {
      y.setLong(at, reduce(y.getLong(at), updates.getLong(from), y.dtype().isUnsigned()));
    }
  }

  private double reduce(double a, double b) {
    return switch (this) {
      case NONE -> b;
      case ADD -> a + b;
      case MUL -> a * b;
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
    };
  }

  private long reduce(long a, long b, boolean unsigned) {
    boolean less = unsigned ? Long.compareUnsigned(a, b) < 0 : a < b;
    return switch (this) {
      case NONE -> b;
      case ADD -> a + b;
      case MUL -> a * b;
      case MAX -> less ? b : a;
      case MIN -> less ? a : b;
    };
  }

  QuantizationRule quantization() {
    return switch (this) {
      case NONE, MAX, MIN -> new QuantizationRule.SameScale();
      case ADD, MUL -> new QuantizationRule.KeepFloat("accumulates updates");
    };
  }

  Tolerance tolerance(DType dtype) {
    boolean exact = this == NONE || this == MAX || this == MIN || !dtype.isFloat();
    return exact ? Tolerance.EXACT : Tolerance.accumulated(64);
  }
}
