package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;

/** The same kernels for bfloat16. */
class Bfloat16TacticsTest extends HalfTacticsTest {
  @Override
  DType type() {
    return DType.BFLOAT16;
  }
}
