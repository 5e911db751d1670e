package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * How weights lie for a {@link ByteTileKernel}: [panel][step][vector of channels][channel][four bytes], the steps being
 * those of the segments, channels and bytes that are missing zeros. Where bytes are multiplied as 16-bit numbers, a
 * vector of channels is two: the bytes at even places, then those at odd ones.
 *
 * @param channels output channels
 * @param panelBlocks blocks of sixteen channels of a panel
 * @param lanes channels of a vector
 * @param widened whether weights are 16-bit numbers
 */
record ByteWeights(int channels, int panelBlocks, int lanes, boolean widened) {
  /** Bytes that are multiplied at once. */
  static final int STEP = 4;

  /** A weight of an output channel, by step and byte; zero where there is none. */
  interface Source {
    byte at(int channel, int step, int place);
  }

  /** The format's name, for plans. */
  String format(String what) {
    return what + "-s8-" + panelBlocks + "-" + lanes + (widened ? "-widened" : "");
  }

  private int blocks() {
    return Math.ceilDiv(channels, ChannelBytes.BLOCK);
  }

  int panels() {
    return Math.ceilDiv(blocks(), panelBlocks);
  }

  /** Bytes of a panel of all its blocks. */
  long panelBytes(int steps) {
    return (long) steps * panelBlocks * blockBytes();
  }

  private int blockBytes() {
    return ChannelBytes.BLOCK * STEP * (widened ? 2 : 1);
  }

  long bytes(int steps) {
    return (long) steps * blocks() * blockBytes();
  }

  void pack(int steps, Source source, MemorySegment to) {
    long at = 0;
    for (int first = 0; first < blocks(); first += panelBlocks) {
      int count = Math.min(panelBlocks, blocks() - first);
      for (int step = 0; step < steps; step++) {
        for (int c = first * ChannelBytes.BLOCK; c < (first + count) * ChannelBytes.BLOCK; c += lanes) {
          at = vector(source, c, step, to, at);
        }
      }
    }
  }

  private long vector(Source source, int firstChannel, int step, MemorySegment to, long from) {
    long at = from;
    if (!widened) {
      for (int lane = 0; lane < lanes; lane++) {
        for (int place = 0; place < STEP; place++) {
          to.set(AddressSpace.BYTE, at++, weight(source, firstChannel + lane, step, place));
        }
      }
      return at;
    }
    for (int odd = 0; odd < 2; odd++) {
      for (int lane = 0; lane < lanes; lane++) {
        for (int place = odd; place < STEP; place += 2) {
          to.set(AddressSpace.SHORT, at, weight(source, firstChannel + lane, step, place));
          at += Short.BYTES;
        }
      }
    }
    return at;
  }

  private byte weight(Source source, int channel, int step, int place) {
    return channel < channels ? source.at(channel, step, place) : 0;
  }
}
