package dev.slipway.backend.cpu;

import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** What kernels know of output channels: for each block of sixteen their starts (int), scales and offsets (float). */
final class ChannelParameters {
  static final int STARTS = 0;
  static final int SCALES = ChannelBytes.BLOCK * Integer.BYTES;
  static final int OFFSETS = SCALES + ChannelBytes.BLOCK * Float.BYTES;

  /** Bytes of a block. */
  static final int BLOCK_BYTES = OFFSETS + ChannelBytes.BLOCK * Float.BYTES;

  /** Steps below every byte: channels that only fill a block become the lowest byte. */
  private static final float LOWEST = -1e9f;

  private ChannelParameters() {}

  static long bytes(int channels) {
    return (long) Math.ceilDiv(channels, ChannelBytes.BLOCK) * BLOCK_BYTES;
  }

  /**
   * Writes the parameters for activations that are known to have a zero point.
   *
   * @param weightSums for each channel the sum of its weights less their zero point
   */
  static void pack(Tensor start, Tensor scale, Tensor offset, int[] weightSums, int zeroPoint, MemorySegment to) {
    int channels = weightSums.length;
    for (int i = 0; i < Math.ceilDiv(channels, ChannelBytes.BLOCK) * ChannelBytes.BLOCK; i++) {
      long at = (long) i / ChannelBytes.BLOCK * BLOCK_BYTES + (long) i % ChannelBytes.BLOCK * Integer.BYTES;
      boolean there = i < channels;
      to.set(AddressSpace.INT, at + STARTS, there ? (int) start.getLong(i) - zeroPoint * weightSums[i] : 0);
      to.set(AddressSpace.FLOAT, at + SCALES, there ? (float) scale.getDouble(i) : 0);
      to.set(AddressSpace.FLOAT, at + OFFSETS, there ? (float) offset.getDouble(i) : LOWEST);
    }
  }

  /**
   * Copies parameters that were packed for the zero point 0, with that of a run and the scale that it multiplies.
   *
   * @param weightSums for each channel of whole blocks
   */
  static void adapt(long packed, int[] weightSums, int zeroPoint, float scale, long to) {
    for (int i = 0; i < weightSums.length; i++) {
      long at = (long) i / ChannelBytes.BLOCK * BLOCK_BYTES + (long) i % ChannelBytes.BLOCK * Integer.BYTES;
      AddressSpace.setInt(to + at + STARTS, AddressSpace.getInt(packed + at + STARTS) - zeroPoint * weightSums[i]);
      AddressSpace.set(to + at + SCALES, AddressSpace.get(packed + at + SCALES) * scale);
      AddressSpace.set(to + at + OFFSETS, AddressSpace.get(packed + at + OFFSETS));
    }
  }
}
