package dev.slipway.cli;

import dev.slipway.tensor.SlipwayException;

/** Checks numbers that options give; NaN is none of them. */
final class OptionValue {
  private OptionValue() {}

  static void atLeast(String option, Number value, long least) {
    require(option, value, value.doubleValue() >= least, ">= " + least);
  }

  static void above(String option, Number value, long limit) {
    require(option, value, value.doubleValue() > limit, "> " + limit);
  }

  static void require(String option, Object value, boolean holds, String expected) {
    if (!holds) {
      throw new SlipwayException(option + ": " + value + " (expected: " + expected + ")");
    }
  }
}
