package dev.slipway.backend.cpu;

import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** {@link LaneMove} over the Vector API. */
final class VectorLaneMove implements LaneMove {
  private final VectorShuffle<Float> lanes;
  private final VectorMask<Float> taken;

  /** @param sources for each lane of the target that of the source, or {@link #NOT_TAKEN} */
  VectorLaneMove(int[] sources) {
    int[] from = new int[sources.length];
    boolean[] isTaken = new boolean[sources.length];
    for (int i = 0; i < sources.length; i++) {
      isTaken[i] = sources[i] != NOT_TAKEN;
      from[i] = Math.max(sources[i], 0);
    }
    lanes = VectorShuffle.fromArray(Memory.SPECIES, from, 0);
    taken = VectorMask.fromArray(Memory.SPECIES, isTaken, 0);
  }

  @Override
  public void place(long from, long to, int vectors) {
    VectorShuffle<Float> order = lanes;
    VectorMask<Float> mask = taken;
    for (int i = 0; i < vectors; i++) {
      long at = (long) i * Memory.VECTOR_BYTES;
      Memory.store(Memory.load(from + at).rearrange(order, mask), to + at);
    }
  }

  @Override
  public void merge(long from, long to, int vectors) {
    VectorShuffle<Float> order = lanes;
    VectorMask<Float> mask = taken;
    for (int i = 0; i < vectors; i++) {
      long at = (long) i * Memory.VECTOR_BYTES;
      Memory.store(Memory.load(to + at).blend(Memory.load(from + at).rearrange(order), mask), to + at);
    }
  }
}
