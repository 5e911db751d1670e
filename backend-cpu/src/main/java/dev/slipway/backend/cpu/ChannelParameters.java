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
   * Writes the parameters.
   *
   * @param weightSums for each channel the sum of its weights
   */
  static void pack(
      Tensor start, Tensor scale, Tensor offset, int[] weightSums, int zeroPoint, MemorySegment to) {
    int channels = weightSums.length;
    for (int i = 0; i < Math.ceilDiv(channels, ChannelBytes.BLOCK) * ChannelBytes.BLOCK; i++) {
      long block = (long) i / ChannelBytes.BLOCK * BLOCK_BYTES;
      long lane = (long) i % ChannelBytes.BLOCK * Integer.BYTES;
      boolean there = i < channels;
      to.set(AddressSpace.INT, block + STARTS + lane,
          there ? (int) start.getLong(i) - zeroPoint * weightSums[i] : 0);
      to.set(AddressSpace.FLOAT, block + SCALES + lane, there ? (float) scale.getDouble(i) : 0);
      to.set(AddressSpace.FLOAT, block + OFFSETS + lane, there ? (float) offset.getDouble(i) : LOWEST);
    }
  }
}
