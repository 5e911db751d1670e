package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;

/**
 * A {@link BlendKernel} over the Vector API.
 *
 * @param taps of each sum
 */
record VectorBlend(int taps) implements BlendKernel {
  @Override
  public void run(long input, long table, long output, int count, int length) {
    for (int i = 0; i < count; i++) {
      sum(input, table + (long) i * taps * TAP_BYTES, output + (long) i * length * Float.BYTES, length);
    }
  }

  private void sum(long input, long table, long output, int length) {
    int i = 0;
    for (; i + Memory.LANES <= length; i += Memory.LANES) {
      long offset = (long) i * Float.BYTES;
      FloatVector sum = Memory.load(run(input, table, 0) + offset).mul(weight(table, 0));
      for (int tap = 1; tap < taps; tap++) {
        FloatVector weight = FloatVector.broadcast(Memory.SPECIES, weight(table, tap));
        sum = Memory.load(run(input, table, tap) + offset).fma(weight, sum);
      }
      Memory.store(sum, output + offset);
    }
    for (; i < length; i++) {
      long offset = (long) i * Float.BYTES;
      float sum = 0;
      for (int tap = 0; tap < taps; tap++) {
        sum += weight(table, tap) * Memory.get(run(input, table, tap) + offset);
      }
      Memory.set(output + offset, sum);
    }
  }

  private static long run(long input, long table, int tap) {
    return input + Memory.getInt(table + (long) tap * TAP_BYTES);
  }

  private static float weight(long table, int tap) {
    return Memory.get(table + (long) tap * TAP_BYTES + Integer.BYTES);
  }
}
