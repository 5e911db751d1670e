package dev.slipway.backend.cuda;

/**
 * What a block of the attention on tensor cores works on.
 *
 * @param queryWarps warps with 16 queries each
 * @param keyWarps warps that share the keys of the same queries
 * @param keys that the block's memory holds at once
 */
record AttentionTiles(int queryWarps, int keyWarps, int keys) {
  private static final int QUERIES_OF_WARP = 16;
  private static final int MOST_SHARED_BYTES = 48 << 10;

  int queries() {
    return queryWarps * QUERIES_OF_WARP;
  }

  int threads() {
    return queryWarps * keyWarps * 32;
  }

  long blocks(AttentionShape shape) {
    return shape.batch() * shape.heads() * Math.ceilDiv(shape.queries(), queries());
  }

  /** Whether keys and values fit into a block's memory, and what warps tell each other at the end does. */
  boolean fit(AttentionShape shape) {
    long tiles = 2L * keys * (shape.size() + 8) * Short.BYTES;
    long partial = (keyWarps - 1L) * queryWarps * 32 * (shape.size() / 2 + 4) * Float.BYTES;
    return tiles <= MOST_SHARED_BYTES && partial <= tiles;
  }
}
