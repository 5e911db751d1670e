package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How the weights of a {@link BlockedConvolution} are packed: [panel][input block][kernel row][kernel
 * column][channel][blocks * c], in the order in which they are read; a plain input has blocks of one channel.
 *
 * @param panelBlocks blocks of output channels of a panel; the last one may have fewer
 */
record ConvWeights(ConvShape shape, BlockedConvolution.Input layout, int panelBlocks) {

  /** Packs weights [outChannels, inChannels, kernelHeight, kernelWidth]; {@code packed} is zero. */
  void pack(MatrixMoves moves, MemorySegment weights, MemorySegment packed) {
    long bytes = (long) shape.outChannels() * depth() * Float.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment rows = weights.isNative() ? weights : arena.allocate(bytes, Memory.ALIGNMENT);
      if (!weights.isNative()) {
        MemorySegment.copy(weights, 0, rows, 0, bytes);
      }
      long from = Memory.address(rows, bytes, "weights");
      long to = Memory.address(packed, BlockedConvolution.packedBytes(shape), "packed weights");
      MemorySegment panel = arena.allocate(depth() * panelBlocks * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
      int blocks = BlockedConvolution.outBlocks(shape);
      for (int block = 0; block < blocks; block += panelBlocks) {
        int columns = Math.min(panelBlocks, blocks - block) * Memory.LANES;
        int first = block * Memory.LANES;
        int count = Math.min(columns, shape.outChannels() - first);
        pack(moves, from + first * depth() * Float.BYTES, count, panel, to, columns);
        to += depth() * columns * Float.BYTES;
      }
    }
  }

  /** Inputs of an output: channels and taps. */
  private long depth() {
    return (long) shape.inChannels() * taps();
  }

  private int taps() {
    return shape.kernelHeight() * shape.kernelWidth();
  }

  /** Packs the weights of so many output channels into a panel of so many columns. */
  private void pack(MatrixMoves moves, long from, int count, MemorySegment panel, long to, int columns) {
    int depth = Math.toIntExact(depth());
    long row = (long) columns * Float.BYTES;
    if (taps() == 1 || layout == BlockedConvolution.Input.PLAIN) {
      moves.transpose(from, (long) depth * Float.BYTES, to, row, count, depth);
      return;
    }
    panel.fill((byte) 0);
    moves.transpose(from, (long) depth * Float.BYTES, panel.address(), row, count, depth);
    for (int channel = 0; channel < shape.inChannels(); channel += Memory.LANES) {
      int channels = Math.min(Memory.LANES, shape.inChannels() - channel);
      for (int tap = 0; tap < taps(); tap++) {
        long source = panel.address() + ((long) channel * taps() + tap) * row;
        moves.copy(source, taps() * row, to, row, channels, columns);
        to += channels * row;
      }
    }
  }
}
