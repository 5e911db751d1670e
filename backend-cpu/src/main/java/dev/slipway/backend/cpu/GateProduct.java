package dev.slipway.backend.cpu;

import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Products of vectors with the weights of the four gates of recurrent networks. Weights are packed as [blocks of hidden
 * units][depth][{@link #GATES}][lanes], so that one pass over a block gives all gates of a vector of hidden units.
 */
final class GateProduct {
  /** Gates of one hidden unit; a network with fewer packs zeros. */
  static final int GATES = 4;

  /** Bytes of all gates of one block: of a result, of a bias, of the weights of one step in depth. */
  static final int BLOCK_BYTES = GATES * Memory.VECTOR_BYTES;

  private GateProduct() {}

  static int blocks(int hidden) {
    return Math.ceilDiv(hidden, Memory.LANES);
  }

  /** Bytes of the packed weights of one direction. */
  static long packedBytes(int hidden, int depth) {
    return (long) blocks(hidden) * depth * BLOCK_BYTES;
  }

  /**
   * Adds the weights of one gate of ONNX's W or R to a packed form.
   *
   * @param matrix directions × (gates · hidden) × depth
   * @param row first row of the gate, those of the directions before it included
   * @param packed the packed form of the direction
   */
  static void pack(Tensor matrix, int row, int hidden, int depth, int gate, MemorySegment packed) {
    for (int unit = 0; unit < hidden; unit++) {
      for (int k = 0; k < depth; k++) {
        float value =
            matrix.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, ((long) (row + unit) * depth + k) * Float.BYTES);
        packed.set(ValueLayout.JAVA_FLOAT, offset(unit, k, gate, depth), value);
      }
    }
  }

  /** Byte offset of a weight, or with a depth of 1 of a bias. */
  static long offset(int unit, int k, int gate, int depth) {
    long block = (long) (unit / Memory.LANES) * depth + k;
    return block * BLOCK_BYTES + (long) gate * Memory.VECTOR_BYTES + (long) (unit % Memory.LANES) * Float.BYTES;
  }

  /**
   * initial + vector · weights for one block.
   *
   * @param initial [gates][lanes]
   * @param weights of the block
   * @param to [gates][lanes]; may be {@code initial}
   */
  static void one(long initial, long weights, long vector, int depth, long to) {
    FloatVector a0 = Memory.load(initial);
    FloatVector a1 = Memory.load(initial + Memory.VECTOR_BYTES);
    FloatVector a2 = Memory.load(initial + 2L * Memory.VECTOR_BYTES);
    FloatVector a3 = Memory.load(initial + 3L * Memory.VECTOR_BYTES);
    FloatVector b0 = Lanes.zero();
    FloatVector b1 = Lanes.zero();
    FloatVector b2 = Lanes.zero();
    FloatVector b3 = Lanes.zero();
    int pairs = depth / 2;
    for (int pair = 0; pair < pairs; pair++) {
      long at = weights + (long) pair * 2 * BLOCK_BYTES;
      FloatVector x = Lanes.all(Memory.get(vector + (long) pair * 2 * Float.BYTES));
      FloatVector y = Lanes.all(Memory.get(vector + (long) pair * 2 * Float.BYTES + Float.BYTES));
      a0 = x.fma(Memory.load(at), a0);
      a1 = x.fma(Memory.load(at + Memory.VECTOR_BYTES), a1);
      a2 = x.fma(Memory.load(at + 2L * Memory.VECTOR_BYTES), a2);
      a3 = x.fma(Memory.load(at + 3L * Memory.VECTOR_BYTES), a3);
      b0 = y.fma(Memory.load(at + 4L * Memory.VECTOR_BYTES), b0);
      b1 = y.fma(Memory.load(at + 5L * Memory.VECTOR_BYTES), b1);
      b2 = y.fma(Memory.load(at + 6L * Memory.VECTOR_BYTES), b2);
      b3 = y.fma(Memory.load(at + 7L * Memory.VECTOR_BYTES), b3);
    }
    if (depth % 2 == 1) {
      long at = weights + (long) (depth - 1) * BLOCK_BYTES;
      FloatVector x = Lanes.all(Memory.get(vector + (long) (depth - 1) * Float.BYTES));
      a0 = x.fma(Memory.load(at), a0);
      a1 = x.fma(Memory.load(at + Memory.VECTOR_BYTES), a1);
      a2 = x.fma(Memory.load(at + 2L * Memory.VECTOR_BYTES), a2);
      a3 = x.fma(Memory.load(at + 3L * Memory.VECTOR_BYTES), a3);
    }
    Memory.store(a0.add(b0), to);
    Memory.store(a1.add(b1), to + Memory.VECTOR_BYTES);
    Memory.store(a2.add(b2), to + 2L * Memory.VECTOR_BYTES);
    Memory.store(a3.add(b3), to + 3L * Memory.VECTOR_BYTES);
  }
}
