package dev.slipway.backend.cpu;

/**
 * How a {@link WinogradConvolution} is cut up so that its matrices stay in caches.
 *
 * @param tile register tile over tiles of outputs
 * @param threads threads that it will run on
 */
record WinogradBlocking(ConvShape shape, Winograd algorithm, TileShape tile, int threads) {
  /** Bytes that the transformed inputs and products of a block may take, in a second-level cache with all weights. */
  private static final int BLOCK_BYTES = 768 << 10;

  /** The same beside weights that pass through. */
  private static final int STREAMING_BLOCK_BYTES = 1280 << 10;

  /** Weights that stay in a second-level cache, so that every unit of work may read them. */
  private static final int CACHED_WEIGHT_BYTES = 1 << 20;

  /** Tiles of a thread that are worth splitting into blocks for it. */
  private static final int TILES_PER_THREAD = 16;

  /** Tiles over which a panel of weights is reused at least, where there are so many. */
  private static final int MIN_TILES = 24;

  /** Work units for each thread, so that a delayed thread leaves its units to the others. */
  static final int UNITS_PER_THREAD = 4;

  /** Units of multiplication for each thread; each reads its weights once. */
  private static final int PANELS_PER_THREAD = 2;

  /** What register tiles are to cover: one product over the tiles of a block at least. */
  static TileGrid grid(ConvShape shape, Winograd algorithm, int threads) {
    int count = tiles(shape, algorithm);
    int pixels = splitsTiles(shape, algorithm, threads) ? Math.ceilDiv(count, 2 * threads) : count;
    return new TileGrid(1, pixels, BlockedConvolution.outBlocks(shape), shape.inChannels());
  }

  /** Tiles of a convolution with one algorithm. */
  static int tiles(ConvShape shape, Winograd algorithm) {
    return new WinogradTiles(shape, algorithm, 1).count();
  }

  /** Whether each thread gets blocks of its own, although one block would be enough for the caches. */
  private static boolean splitsTiles(ConvShape shape, Winograd algorithm, int threads) {
    return threads > 1
        && tiles(shape, algorithm) >= threads * TILES_PER_THREAD
        && WinogradWeights.bytes(shape, algorithm) <= CACHED_WEIGHT_BYTES;
  }

  /** Whether weights pass through the caches for every block of tiles. */
  boolean streams() {
    return WinogradWeights.bytes(shape, algorithm) > CACHED_WEIGHT_BYTES;
  }

  /** The tiles in blocks: multiples of the register tile, so that no row is computed twice. */
  WinogradTiles tiles() {
    int inBlocks = Math.ceilDiv(shape.inChannels(), Memory.LANES);
    int bytes = streams() ? STREAMING_BLOCK_BYTES : BLOCK_BYTES;
    int fitting = bytes / (algorithm.products() * (inBlocks + tile.blocks()) * Memory.VECTOR_BYTES);
    int all = Math.ceilDiv(tiles(shape, algorithm), tile.pixels());
    int most = Math.max(1, Math.max(fitting, MIN_TILES) / tile.pixels());
    int wanted = splitsTiles(shape, algorithm, threads) ? Math.min(all, threads * UNITS_PER_THREAD) : 1;
    int blocks = Math.max(wanted, Math.ceilDiv(all, most));
    return new WinogradTiles(shape, algorithm, Math.ceilDiv(all, blocks) * tile.pixels());
  }

  /** Whether there are blocks enough to have each computed by one thread. */
  boolean whole() {
    return threads == 1
        || splitsTiles(shape, algorithm, threads)
        || tiles().blocks() >= threads * UNITS_PER_THREAD;
  }

  /** Into how many parts the groups of a block are cut for multiplication, where threads share a block. */
  int parts() {
    int panels = new WinogradWeights(shape, algorithm, tile.blocks()).panels();
    int groups = Math.ceilDiv(tiles().perBlock(), tile.pixels());
    return whole() ? 1 : Math.clamp(Math.ceilDiv(PANELS_PER_THREAD * threads, panels), 1, groups);
  }
}
