package dev.slipway.backend.cpu;

import java.util.Optional;

/**
 * Covers rows of pixels and panels of output channels with {@link TileKernel}s: the loop nest that convolution and
 * matrix product share.
 *
 * <p>A row of pixels that is no multiple of the tile may end with a tile that overlaps the one before, so the output
 * must not share memory with the input or a side. Thread-safe: it holds no state of a call.
 */
final class TiledProduct {

  /** Bytes of results that are computed before an epilogue passes over them: half a first-level cache. */
  private static final int PASS_BYTES = 16 << 10;

  /** Bytes of weights that stay in a second-level cache beside activations. */
  private static final long CACHED_WEIGHTS = 768 << 10;

  /**
   * Bytes of weights from which on they are moved ahead: those of a network are in no near cache when it gets there.
   */
  private static final long FETCHED_WEIGHTS = 64 << 10;

  /** Bytes of input that stay there beside weights that it holds too. */
  private static final int CHUNK_BYTES = 256 << 10;

  /** Bytes of input that stay there beside weights that are read once for each chunk of input. */
  private static final int LONG_CHUNK_BYTES = 1 << 20;

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

  /**
   * The kernels of a panel.
   *
   * @param row what remains at the end of a row of pixels
   * @param rows what remains of rows that are no multiple of the tile's
   */
  private record Panel(
      TileShape tile, TileKernel main, TileShape restTile, TileKernel rest, Optional<TileKernel> restRows) {}

  private final TileSpec spec;
  private final int pixels;
  private final int blocks;
  private final int panels;
  private final long panelWeightBytes;
  private final SegmentTable segments;
  private final Panel full;
  private final Panel last;
  private final Epilogue epilogue;
  private final Arrangement arrangement;
  private final Optional<EpiloguePass> pass;
  private final int pixelsPerPass;

  /**
   * @param kernels makes the tile kernels
   * @param tile tile, strides and epilogue; {@code lastLanes} counts the valid lanes of the last block. A tile of
   *     several rows has the pixels of a whole row
   * @param rows of pixels in all
   * @param pixels pixels in a row, at least those of the tile
   * @param blocks vectors of output channels
   * @param segments alive as long as this
   */
  TiledProduct(
      MicroKernels kernels,
      TileSpec tile,
      int rows,
      int pixels,
      int blocks,
      Arrangement arrangement,
      SegmentTable segments) {
    TileShape shape = tile.shape();
    if (pixels < shape.pixels() || shape.rows() > 1 && pixels != shape.pixels()) {
      throw new IllegalArgumentException("pixels: " + pixels + " (expected: those of the tile " + shape + ")");
    }
    epilogue = tile.epilogue();
    boolean fuses = kernels.fuses(epilogue);
    this.pixels = pixels;
    TileSpec computed = fuses ? tile : tile.withRows(1).withEpilogue(Epilogue.NONE);
    long weightBytes = (long) segments.steps() * blocks * tile.vectorBytes();
    boolean fetches = weightBytes > FETCHED_WEIGHTS;
    int fetchedAhead = fetches ? tilesOfPanel(computed.shape(), rows) : 0;
    spec = computed.withFetchedAhead(fetchedAhead).withSegmentSteps(segments.fewSteps());
    this.blocks = blocks;
    this.arrangement = arrangement;
    this.segments = segments;
    panels = Math.ceilDiv(blocks, spec.blocks());
    panelWeightBytes = (long) segments.steps() * spec.blocks() * spec.vectorBytes();
    TileSpec lastSpec = spec.withBlocks(blocks - (panels - 1) * spec.blocks());
    boolean partial = spec.lastLanes() < spec.lanes();
    last = panel(kernels, partial ? lastSpec.withShape(kernels.partial(lastSpec.shape())) : lastSpec, rows);
    full = panels > 1 ? panel(kernels, spec.withLastLanes(spec.lanes()), rows) : last;
    PointwiseSpec.Motion channel =
        arrangement == Arrangement.BLOCKS ? PointwiseSpec.Motion.VECTOR : PointwiseSpec.Motion.ADVANCE;
    pass = fuses ? Optional.empty() : Optional.of(new EpiloguePass(kernels, epilogue, channel));
    pixelsPerPass = Math.max(1, PASS_BYTES / (spec.blocks() * spec.vectorBytes()));
  }

  private int tilesOfPanel(TileShape tile, int rows) {
    return Math.max(1, pixels / tile.pixels() * (rows / tile.rows()));
  }

  private Panel panel(MicroKernels kernels, TileSpec own, int rows) {
    TileShape tile = own.shape();
    int restPixels = pixels % tile.pixels();
    TileShape restTile = restPixels == 0 ? tile : kernels.remainder(tile, restPixels);
    int restRows = rows % tile.rows();
    return new Panel(
        tile,
        kernels.tile(own),
        restTile,
        kernels.tile(own.withShape(restTile)),
        restRows == 0 ? Optional.empty() : Optional.of(kernels.tile(own.withRows(restRows))));
  }

  /** Whether so many bytes of weights pass through the caches every time that all panels are computed. */
  static boolean streams(long weightBytes) {
    return weightBytes > CACHED_WEIGHTS;
  }

  /** Bytes of input that all panels should be computed for before others: they stay in the second-level cache. */
  static int chunkBytes(long weightBytes) {
    return streams(weightBytes) ? LONG_CHUNK_BYTES : CHUNK_BYTES;
  }

  /** Panels of output channels. */
  int panels() {
    return panels;
  }

  /** Whole tiles in a row, at least one; the last one's work includes the pixels behind it. */
  int tiles() {
    return pixels / spec.pixels();
  }

  /** The first pixel of a tile; the pixels of a row for one past the last tile. */
  int pixel(int tile) {
    return tile == tiles() ? pixels : tile * spec.pixels();
  }

  /**
   * Computes tiles {@code from} to {@code to} of some rows for one panel.
   *
   * @param inputOffset bytes from the operands' input to the first row's first pixel
   * @param outputOffset bytes from the operands' output to the first row's first pixel
   * @param rows a multiple of the tile's, or what remains of all rows
   */
  void rows(Operands at, long inputOffset, long outputOffset, int panel, int rows, int from, int to) {
    int first = pixel(from);
    int end = pixel(to);
    if (pass.isEmpty()) {
      compute(at, inputOffset, outputOffset, panel, rows, first, end);
      return;
    }
    int height = kernels(panel).tile().rows();
    for (int row = 0; row < rows; row += height) {
      long in = inputOffset + (long) row * spec.input().row();
      long out = outputOffset + (long) row * spec.output().row();
      passing(pass.get(), at, in, out, panel, Math.min(height, rows - row), first, end);
    }
  }

  /** Computes pixels of the rows of one tile, and the epilogue of some when they are there. */
  private void passing(
      EpiloguePass epiloguePass,
      Operands at,
      long inputOffset,
      long outputOffset,
      int panel,
      int rows,
      int from,
      int to) {
    int size = kernels(panel).tile().pixels();
    int step = Math.max(1, pixelsPerPass / size) * size;
    int next;
    for (int first = from; first < to; first = next) {
      // What is left must hold a tile.
      next = to - first < step + size ? to : first + step;
      compute(at, inputOffset, outputOffset, panel, rows, first, next);
      for (int row = 0; row < rows; row++) {
        pass(epiloguePass, at, outputOffset + (long) row * spec.output().row(), panel, first, next);
      }
    }
  }

  private Panel kernels(int panel) {
    return panel == panels - 1 ? last : full;
  }

  private void compute(Operands at, long inputOffset, long outputOffset, int panel, int rows, int from, int to) {
    Panel own = kernels(panel);
    TileShape tile = own.tile();
    int tiles = (to - from) / tile.pixels();
    int groups = rows / tile.rows();
    if (groups > 0) {
      run(own.main(), at, inputOffset, outputOffset, panel, from, tiles, groups);
    }
    if (from + tiles * tile.pixels() < to) {
      run(own.rest(), at, inputOffset, outputOffset, panel, to - own.restTile().pixels(), 1, groups);
    }
    if (groups * tile.rows() < rows) {
      long in = inputOffset + (long) groups * tile.rows() * spec.input().row();
      long out = outputOffset + (long) groups * tile.rows() * spec.output().row();
      run(own.restRows().orElseThrow(), at, in, out, panel, from, tiles, 1);
    }
  }

  private void run(
      TileKernel kernel,
      Operands at,
      long inputOffset,
      long outputOffset,
      int panel,
      int pixel,
      int tiles,
      int rows) {
    long out = outputOffset + (long) panel * spec.blocks() * spec.output().block() + (long) pixel * spec.outputStride();
    long channel = (long) panel * spec.blocks() * spec.vectorBytes();
    kernel.run(
        at.input() + inputOffset + (long) pixel * spec.inputStride(),
        segments.address(),
        at.weights() + panel * panelWeightBytes,
        at.bias() + channel,
        at.output() + out,
        at.side0() + epilogue.sideOffset(0, channel, out),
        at.side1() + epilogue.sideOffset(1, channel, out),
        at.side2() + epilogue.sideOffset(2, channel, out),
        tiles,
        rows);
  }

  private void pass(EpiloguePass epiloguePass, Operands at, long outputOffset, int panel, int from, int to) {
    int firstBlock = panel * spec.blocks();
    int lastBlock = Math.min(blocks, firstBlock + spec.blocks());
    if (arrangement == Arrangement.BLOCKS) {
      for (int block = firstBlock; block < lastBlock; block++) {
        long out = outputOffset + (long) block * spec.output().block() + (long) from * spec.outputStride();
        apply(epiloguePass, at, out, block, (to - from) * spec.lanes());
      }
      return;
    }
    int missing = lastBlock == blocks ? spec.lanes() - spec.lastLanes() : 0;
    for (int pixel = from; pixel < to; pixel++) {
      long out = outputOffset + (long) firstBlock * spec.output().block() + (long) pixel * spec.outputStride();
      apply(epiloguePass, at, out, firstBlock, (lastBlock - firstBlock) * spec.lanes() - missing);
    }
  }

  private void apply(EpiloguePass epiloguePass, Operands at, long out, int block, int count) {
    long channelBytes = (long) block * spec.vectorBytes();
    epiloguePass.run(
        at.output() + out,
        at.side0() + epilogue.sideOffset(0, channelBytes, out),
        at.side1() + epilogue.sideOffset(1, channelBytes, out),
        at.side2() + epilogue.sideOffset(2, channelBytes, out),
        count);
  }
}
