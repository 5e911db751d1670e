package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** The end of a run of floats that is no whole vector, and the lanes of one taken together. */
final class Lanes {
  /** Each brings the second half of the lanes that are left upon the first. */
  private static final VectorShuffle<Float>[] FOLDS = folds();

  private Lanes() {}

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static VectorShuffle<Float>[] folds() {
    VectorShuffle<Float>[] folds = new VectorShuffle[Integer.numberOfTrailingZeros(Memory.LANES)];
    for (int i = 0; i < folds.length; i++) {
      folds[i] = VectorShuffle.iota(Memory.SPECIES, Memory.LANES >> (i + 1), 1, true);
    }
    return folds;
  }

  /** The sum, always added in the same order: {@code reduceLanes} has another one interpreted than compiled. */
  static float sum(FloatVector vector) {
    FloatVector sum = vector;
    for (VectorShuffle<Float> fold : FOLDS) {
      sum = sum.add(sum.rearrange(fold));
    }
    return sum.lane(0);
  }

  /** The product, multiplied in the order of {@link #sum}. */
  static float product(FloatVector vector) {
    FloatVector product = vector;
    for (VectorShuffle<Float> fold : FOLDS) {
      product = product.mul(product.rearrange(fold));
    }
    return product.lane(0);
  }

  /** The first lanes of a vector; none for 0. */
  static VectorMask<Float> first(int count) {
    return Memory.SPECIES.indexInRange(0, count);
  }

  /** Zeros where the mask is not set, and memory is not touched there. */
  static FloatVector load(long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(Memory.SPECIES, Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER, mask);
  }

  static void store(FloatVector vector, long address, VectorMask<Float> mask) {
    vector.intoMemorySegment(Memory.ALL, address & Memory.ADDRESS_MASK, Memory.ORDER, mask);
  }

  /** Zero, made where it is used: a vector in a static final stays boxed. */
  static FloatVector zero() {
    return FloatVector.zero(Memory.SPECIES);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(Memory.SPECIES, value);
  }
}
