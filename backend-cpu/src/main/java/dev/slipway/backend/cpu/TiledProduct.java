package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Covers rows of pixels and panels of output channels with {@link TileKernel}s: the loop nest that convolution and
 * matrix product share.
 *
 * <p>A row of pixels that is no multiple of the tile ends with a tile that overlaps the one before, so the output must
 * not share memory with the input or a side. Thread-safe: it holds no state of a call.
 */
final class TiledProduct {

  /** Bytes of results that are computed before an epilogue passes over them: half a first-level cache. */
  private static final int PASS_BYTES = 16 << 10;

  /** Pixels of a tile with a partial vector: C1 cannot compile many masked stores, see {@link KernelClasses}. */
  private static final int MAX_PARTIAL_PIXELS = 4;

  /**
   * The addresses of one call, at the first pixel of a row and the first channel.
   *
   * @param side0 the epilogue's first side; 0 where there is none
   */
  record Operands(long input, long weights, long bias, long side0, long side1, long side2, long output) {}

  /** Where the output has its blocks and pixels. */
  enum Arrangement {
    /** NCHW[c]: the pixels of one block behind each other. */
    BLOCKS,
    /** Row-major: the blocks of one pixel behind each other. */
    ROWS
  }

  private final TileSpec spec;
  private final int pixels;
  private final int blocks;
  private final int panels;
  private final long panelWeightBytes;
  private final long blockStride;
  private final MemorySegment segments;
  private final int segmentCount;
  private final TileKernel full;
  private final TileKernel last;
  private final int lastPixels;
  private final Side[] sides = new Side[Epilogue.MAX_SIDES];
  private final Arrangement arrangement;
  private final Optional<EpiloguePass> pass;
  private final int pixelsPerPass;

  /**
   * @param kernels makes the tile kernels
   * @param tile tile and strides, with any activation; {@code lastLanes} counts the valid lanes of the last block
   * @param pixels pixels in a row, at least those of the tile
   * @param blocks vectors of output channels
   * @param blockStride bytes between two blocks of the output
   * @param segments table of {@link TileKernel#SEGMENT_BYTES} entries, alive as long as this
   * @param steps steps of all segments
   */
  TiledProduct(
      MicroKernels kernels,
      TileSpec tile,
      int pixels,
      int blocks,
      long blockStride,
      Arrangement arrangement,
      Epilogue epilogue,
      MemorySegment segments,
      int steps) {
    if (pixels < tile.pixels()) {
      throw new IllegalArgumentException(
          "pixels: " + pixels + " (expected: at least the tile's " + tile.pixels() + ")");
    }
    boolean inline = epilogue.inline();
    spec = tile.withActivation(inline ? epilogue.expression() : Expression.input(FusedGroup.RESULT));
    this.pixels = pixels;
    this.blocks = blocks;
    this.blockStride = blockStride;
    this.arrangement = arrangement;
    this.segments = segments;
    segmentCount = Math.toIntExact(segments.byteSize() / TileKernel.SEGMENT_BYTES);
    panels = Math.ceilDiv(blocks, spec.blocks());
    panelWeightBytes = (long) steps * spec.blocks() * spec.vectorBytes();
    boolean partial = spec.lastLanes() < spec.lanes();
    lastPixels = partial ? Math.min(spec.pixels(), MAX_PARTIAL_PIXELS) : spec.pixels();
    last = kernels.tile(
        spec.withBlocks(blocks - (panels - 1) * spec.blocks()).withPixels(lastPixels));
    full = panels > 1 ? kernels.tile(spec.withLastLanes(spec.lanes())) : last;
    Arrays.fill(sides, Side.SCALAR);
    for (int i = 0; i < epilogue.sides().size(); i++) {
      sides[i] = epilogue.sides().get(i);
    }
    PointwiseSpec.Motion channel =
        arrangement == Arrangement.BLOCKS ? PointwiseSpec.Motion.VECTOR : PointwiseSpec.Motion.ADVANCE;
    pass = inline ? Optional.empty() : Optional.of(new EpiloguePass(kernels, epilogue, channel));
    pixelsPerPass = inline ? pixels : Math.max(1, PASS_BYTES / (spec.blocks() * spec.vectorBytes()));
  }

  /** Panels of output channels. */
  int panels() {
    return panels;
  }

  /** Whole tiles in a row, at least one; the last one's work includes the pixels behind it. */
  int tiles() {
    return pixels / spec.pixels();
  }

  /** The first pixel of a tile; that of the tile behind the last is the end of the row. */
  int pixel(int tile) {
    return tile == tiles() ? pixels : tile * spec.pixels();
  }

  /**
   * Computes tiles {@code from} to {@code to} of one row for one panel.
   *
   * @param inputOffset bytes from the operands' input to the row's first pixel
   * @param outputOffset bytes from the operands' output to the row's first pixel
   */
  void row(Operands at, long inputOffset, long outputOffset, int panel, int from, int to) {
    int size = panel == panels - 1 ? lastPixels : spec.pixels();
    int end = pixel(to);
    int step = Math.max(1, pixelsPerPass / size) * size;
    int next;
    for (int first = pixel(from); first < end; first = next) {
      // What is left must hold a tile.
      next = end - first < step + size ? end : first + step;
      int tiles = (next - first) / size;
      compute(at, inputOffset, outputOffset, panel, first, tiles);
      if (first + tiles * size < next) {
        compute(at, inputOffset, outputOffset, panel, next - size, 1);
      }
      if (pass.isPresent()) {
        pass(pass.get(), at, outputOffset, panel, first, next);
      }
    }
  }

  private void compute(Operands at, long inputOffset, long outputOffset, int panel, int pixel, int tiles) {
    TileKernel kernel = panel == panels - 1 ? last : full;
    long out = outputOffset + panel * spec.blocks() * blockStride + (long) pixel * spec.outputStride();
    kernel.run(
        at.input() + inputOffset + (long) pixel * spec.inputStride(),
        segments.address(),
        segmentCount,
        at.weights() + panel * panelWeightBytes,
        at.bias() + (long) panel * spec.blocks() * spec.vectorBytes(),
        at.output() + out,
        blockStride,
        tiles);
  }

  private void pass(EpiloguePass epilogue, Operands at, long outputOffset, int panel, int from, int to) {
    int firstBlock = panel * spec.blocks();
    int lastBlock = Math.min(blocks, firstBlock + spec.blocks());
    if (arrangement == Arrangement.BLOCKS) {
      for (int block = firstBlock; block < lastBlock; block++) {
        long out = outputOffset + block * blockStride + (long) from * spec.outputStride();
        apply(epilogue, at, out, block, (to - from) * spec.lanes());
      }
      return;
    }
    int missing = lastBlock == blocks ? spec.lanes() - spec.lastLanes() : 0;
    for (int pixel = from; pixel < to; pixel++) {
      long out = outputOffset + firstBlock * blockStride + (long) pixel * spec.outputStride();
      apply(epilogue, at, out, firstBlock, (lastBlock - firstBlock) * spec.lanes() - missing);
    }
  }

  private void apply(EpiloguePass epilogue, Operands at, long out, int block, int count) {
    long channelBytes = (long) block * spec.vectorBytes();
    epilogue.run(
        at.output() + out,
        at.side0() + sideOffset(0, channelBytes, out),
        at.side1() + sideOffset(1, channelBytes, out),
        at.side2() + sideOffset(2, channelBytes, out),
        count);
  }

  private long sideOffset(int side, long channelBytes, long outputOffset) {
    return switch (sides[side]) {
      case FULL -> outputOffset;
      case CHANNEL -> channelBytes;
      case SCALAR -> 0;
    };
  }
}
