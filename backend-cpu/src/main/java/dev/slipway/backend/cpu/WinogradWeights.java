package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * How the transformed weights of a {@link WinogradConvolution} are packed: [panel][product][channel][blocks * c], in
 * the order in which they are read.
 *
 * @param panelBlocks blocks of output channels of a panel; the last one may have fewer
 */
record WinogradWeights(ConvShape shape, Winograd algorithm, int panelBlocks) {

  /** Bytes of the packed weights of a convolution, whatever its panels. */
  static long bytes(ConvShape shape, Winograd algorithm) {
    return (long) algorithm.products() * shape.inChannels() * outBlocks(shape) * Memory.VECTOR_BYTES;
  }

  private static int outBlocks(ConvShape shape) {
    return BlockedConvolution.outBlocks(shape);
  }

  int panels() {
    return Math.ceilDiv(outBlocks(shape), panelBlocks);
  }

  int firstBlock(int panel) {
    return panel * panelBlocks;
  }

  /** Blocks of output channels of one panel. */
  int blocks(int panel) {
    return Math.min(panelBlocks, outBlocks(shape) - firstBlock(panel));
  }

  /** Bytes from the first weights to those of a panel. */
  long offset(int panel) {
    return algorithm.products() * (long) shape.inChannels() * firstBlock(panel) * Memory.VECTOR_BYTES;
  }

  /** Bytes of one product of a panel. */
  long productBytes(int panel) {
    return (long) shape.inChannels() * blocks(panel) * Memory.VECTOR_BYTES;
  }

  /** Transforms and packs weights [outChannels, inChannels, 3, 3]; {@code packed} is zero. */
  void pack(MemorySegment weights, MemorySegment packed) {
    double[] filter = new double[Winograd.TAPS * Winograd.TAPS];
    double[] transformed = new double[algorithm.products()];
    for (int o = 0; o < shape.outChannels(); o++) {
      int panel = o / Memory.LANES / panelBlocks;
      int columns = blocks(panel) * Memory.LANES;
      long product = productBytes(panel) / Float.BYTES;
      long start = offset(panel) / Float.BYTES + o - (long) firstBlock(panel) * Memory.LANES;
      for (int c = 0; c < shape.inChannels(); c++) {
        for (int tap = 0; tap < filter.length; tap++) {
          filter[tap] = weights.getAtIndex(Memory.FLOAT, ((long) o * shape.inChannels() + c) * filter.length + tap);
        }
        algorithm.transformWeights(filter, transformed);
        for (int f = 0; f < transformed.length; f++) {
          packed.setAtIndex(Memory.FLOAT, start + f * product + (long) c * columns, (float) transformed[f]);
        }
      }
    }
  }
}
