package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Covers rows of pixels and panels of output channels with {@link TileKernel}s: the loop nest that convolution and
 * matrix product share.
 *
 * <p>A row of pixels that is no multiple of the tile ends with a tile that overlaps the one before, so the output must
 * not share memory with the input or a side. Thread-safe: it holds no state of a call.
 */
final class TiledProduct {

  /**
   * The addresses of one call, at the first pixel of a row and the first channel.
   *
   * @param side0 the epilogue's first side; 0 where there is none
   */
  record Operands(long input, long weights, long bias, long side0, long side1, long side2, long output) {}

  private final TileSpec spec;
  private final int pixels;
  private final int panels;
  private final long panelWeightBytes;
  private final long blockStride;
  private final MemorySegment segments;
  private final int segmentCount;
  private final TileKernel full;
  private final TileKernel last;
  private final Side[] sides = new Side[Epilogue.MAX_SIDES];

  /**
   * @param spec tile and strides; {@code lastLanes} counts the valid lanes of the last of all blocks
   * @param pixels pixels in a row, at least those of the tile
   * @param blocks vectors of output channels
   * @param blockStride bytes between two blocks of the output
   * @param segments table of {@link TileKernel#SEGMENT_BYTES} entries, alive as long as this
   * @param steps steps of all segments
   */
  TiledProduct(TileSpec spec, int pixels, int blocks, long blockStride, MemorySegment segments, int steps) {
    if (pixels < spec.pixels()) {
      throw new IllegalArgumentException("pixels: " + pixels + " (expected: at least the tile's " + spec.pixels() + ")");
    }
    this.spec = spec;
    this.pixels = pixels;
    this.blockStride = blockStride;
    this.segments = segments;
    segmentCount = Math.toIntExact(segments.byteSize() / TileKernel.SEGMENT_BYTES);
    panels = Math.ceilDiv(blocks, spec.blocks());
    panelWeightBytes = (long) steps * spec.blocks() * spec.vectorBytes();
    last = TileKernelGenerator.kernel(spec.withBlocks(blocks - (panels - 1) * spec.blocks()));
    full = panels > 1 ? TileKernelGenerator.kernel(spec.withLastLanes(spec.lanes())) : last;
    Arrays.fill(sides, Side.SCALAR);
    for (int i = 0; i < spec.epilogue().sides().size(); i++) {
      sides[i] = spec.epilogue().sides().get(i);
    }
  }

  /** Panels of output channels. */
  int panels() {
    return panels;
  }

  /** Tiles in a row, an overlapping one included. */
  int tiles() {
    return Math.ceilDiv(pixels, spec.pixels());
  }

  /**
   * Computes tiles {@code tileFrom} to {@code tileTo} of one row for one panel.
   *
   * @param inputOffset bytes from the operands' input to the row's first pixel
   * @param outputOffset bytes from the operands' output to the row's first pixel
   */
  void row(Operands at, long inputOffset, long outputOffset, int panel, int tileFrom, int tileTo) {
    int whole = Math.min(tileTo, pixels / spec.pixels());
    if (tileFrom < whole) {
      tiles(at, inputOffset, outputOffset, panel, tileFrom * spec.pixels(), whole - tileFrom);
    }
    if (whole < tileTo) {
      tiles(at, inputOffset, outputOffset, panel, pixels - spec.pixels(), 1);
    }
  }

  private void tiles(Operands at, long inputOffset, long outputOffset, int panel, int pixel, int tiles) {
    TileKernel kernel = panel == panels - 1 ? last : full;
    long channelBytes = (long) panel * spec.blocks() * spec.vectorBytes();
    long out = outputOffset + panel * spec.blocks() * blockStride + (long) pixel * spec.outputStride();
    kernel.run(
        at.input() + inputOffset + (long) pixel * spec.inputStride(),
        segments.address(),
        segmentCount,
        at.weights() + panel * panelWeightBytes,
        at.bias() + channelBytes,
        at.side0() + sideOffset(0, channelBytes, out),
        at.side1() + sideOffset(1, channelBytes, out),
        at.side2() + sideOffset(2, channelBytes, out),
        at.output() + out,
        blockStride,
        tiles);
  }

  private long sideOffset(int side, long channelBytes, long outputOffset) {
    return switch (sides[side]) {
      case FULL -> outputOffset;
      case CHANNEL -> channelBytes;
      case SCALAR -> 0;
    };
  }
}
