package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Groups of a convolution taken together as convolutions without groups, whose weights between channels of different
 * groups are zero.
 *
 * @param shape of one of them, for one image
 * @param count how many there are
 * @param groups groups that each has
 */
record MergedGroups(ConvShape shape, int count, int groups) {

  /** The fewest groups whose channels are whole vectors of floats; all of them where no fewer are. */
  static MergedGroups of(ConvShape shape) {
    return of(shape, Memory.LANES);
  }

  /** The fewest groups whose channels are whole blocks; all of them where no fewer are. */
  static MergedGroups of(ConvShape s, int block) {
    int inChannels = s.inChannels() / s.groups();
    int outChannels = s.outChannels() / s.groups();
    int groups = 1;
    while (groups < s.groups() && !fits(s, block, groups, inChannels, outChannels)) {
      groups++;
    }
    ConvShape merged = new ConvShape(
        1,
        groups * inChannels,
        s.inHeight(),
        s.inWidth(),
        groups * outChannels,
        s.kernelHeight(),
        s.kernelWidth(),
        s.strideHeight(),
        s.strideWidth(),
        s.padTop(),
        s.padLeft(),
        s.padBottom(),
        s.padRight(),
        s.dilationHeight(),
        s.dilationWidth(),
        1);
    return new MergedGroups(merged, s.groups() / groups, groups);
  }

  private static boolean fits(ConvShape s, int block, int groups, int inChannels, int outChannels) {
    return s.groups() % groups == 0
        && groups * inChannels % block == 0
        && groups * outChannels % block == 0;
  }

  /** All of them for so many images, as images without groups: in blocks of channels they lie one behind the other. */
  ConvShape images(int batch) {
    return new ConvShape(
        batch * count,
        shape.inChannels(),
        shape.inHeight(),
        shape.inWidth(),
        shape.outChannels(),
        shape.kernelHeight(),
        shape.kernelWidth(),
        shape.strideHeight(),
        shape.strideWidth(),
        shape.padTop(),
        shape.padLeft(),
        shape.padBottom(),
        shape.padRight(),
        shape.dilationHeight(),
        shape.dilationWidth(),
        1);
  }

  /**
   * Which kernel of the whole convolution's weights two channels of one of them have, counted from the first; -1 where
   * they are of different groups.
   */
  long kernel(int index, int outChannel, int inChannel) {
    int inputs = shape.inChannels() / groups;
    int outputs = shape.outChannels() / groups;
    boolean isOwn = inChannel / inputs == outChannel / outputs;
    return isOwn ? ((long) index * shape.outChannels() + outChannel) * inputs + inChannel % inputs : -1;
  }

  /**
   * The weights of one of them, [outChannels, inChannels, kernelHeight, kernelWidth].
   *
   * @param all [outChannels, inChannels / groups, kernelHeight, kernelWidth] of the whole convolution
   */
  MemorySegment weights(int index, MemorySegment all) {
    int taps = shape.kernelHeight() * shape.kernelWidth();
    int inputs = shape.inChannels() / groups;
    int outputs = shape.outChannels() / groups;
    float[] dense = new float[shape.outChannels() * shape.inChannels() * taps];
    for (int o = 0; o < shape.outChannels(); o++) {
      long from = ((long) index * shape.outChannels() + o) * inputs * taps;
      int to = (o * shape.inChannels() + o / outputs * inputs) * taps;
      for (int i = 0; i < inputs * taps; i++) {
        dense[to + i] = all.getAtIndex(AddressSpace.FLOAT, from + i);
      }
    }
    return MemorySegment.ofArray(dense);
  }
}
