package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.Tensor;
import java.util.Map;

/** What outputs of a model must fulfil, by the kind of its numbers. */
enum Criterion {
  /** Relative 1e-3, absolute 1e-4. */
  FLOAT32(1e-3, 1e-4) {
    @Override
    void require(Agreement agreement, String what) {
      assertThat(agreement.worst()).as("%s: %s", what, agreement).isLessThanOrEqualTo(1);
    }
  },

  /** Relative and absolute 2e-2. */
  FLOAT16(2e-2, 2e-2) {
    @Override
    void require(Agreement agreement, String what) {
      FLOAT32.require(agreement, what);
    }
  },

  /** Quantised class probabilities: the same best class and a cosine similarity of 0.999. */
  QUANTISED_CLASSES(1e-3, 1e-4) {
    @Override
    void require(Agreement agreement, String what) {
      assertThat(agreement.top1()).as("%s: %s", what, agreement).isEqualTo(1);
      QUANTISED.require(agreement, what);
    }
  },

  /** Other quantised outputs: a cosine similarity of 0.999, because rounding may move a value by one step. */
  QUANTISED(1e-3, 1e-4) {
    @Override
    void require(Agreement agreement, String what) {
      assertThat(agreement.cosine()).as("%s: %s", what, agreement).isGreaterThanOrEqualTo(0.999);
    }
  };

  private final double relative;
  private final double absolute;

  Criterion(double relative, double absolute) {
    this.relative = relative;
    this.absolute = absolute;
  }

  abstract void require(Agreement agreement, String what);

  /** Compares outputs by name and fails where they are too far away. */
  Agreement check(Map<String, Tensor> actual, Map<String, Tensor> expected, String what) {
    Agreement agreement = Agreement.of(actual, expected, relative, absolute);
    require(agreement, what);
    return agreement;
  }
}
