package dev.slipway.backend.cpu;

/**
 * Predicts the time of a {@link WinogradConvolution}, in the unit in which {@link ConvTactic} predicts its own. Fitted
 * to layers of ResNet with AVX-512.
 */
final class WinogradCost {
  /** Vector multiply-adds a nanosecond, of products that are smaller than those of a direct convolution. */
  private static final double PRODUCT_RATE = 3.2;

  /** Nanoseconds for each vector that a transform of inputs writes. */
  private static final double INPUT_NANOS = 4.5;

  /** Nanoseconds for each vector that a transform of results reads. */
  private static final double OUTPUT_NANOS = 4;

  /** Weights that stay in the second-level cache. */
  private static final double CACHED_BYTES = 1 << 20;

  /** Transformed inputs that stay there beside other weights; all weights are read once for so many. */
  private static final double BLOCK_BYTES = 1 << 20;

  /** Bytes a nanosecond of such weights, beside the products: from the third-level cache, and from memory. */
  private static final double NEAR_WEIGHT_RATE = 12;

  private static final double FAR_WEIGHT_RATE = 6.5;

  /** Weights of a layer that a third-level cache may still hold when their turn comes. */
  private static final double NEAR_BYTES = 4 << 20;

  /** Nanoseconds of a step of a register tile at least, however few tiles it adds to. */
  private static final double STEP_NANOS = 2.4;

  /** Nanoseconds to start and end the phases of an image whose tiles are not enough for the threads. */
  private static final double PHASES_NANOS = 5000;

  private WinogradCost() {}

  static double micros(ConvShape s, Winograd algorithm, int threads) {
    int tiles = WinogradBlocking.tiles(s, algorithm);
    double vectors = (double) algorithm.products() * tiles;
    double inBlocks = Math.ceilDiv(s.inChannels(), Memory.LANES);
    double outBlocks = BlockedConvolution.outBlocks(s);
    double steps = (double) algorithm.products() * s.inChannels();
    double products = steps * Math.max(STEP_NANOS, tiles * outBlocks / PRODUCT_RATE);
    double transforms = vectors * (inBlocks * INPUT_NANOS + outBlocks * OUTPUT_NANOS);
    double weights = weightNanos(s, algorithm, vectors * inBlocks * Memory.VECTOR_BYTES);
    double phases = threads == 1 ? 0 : PHASES_NANOS;
    return ((Math.max(products, weights) + transforms) / threads + phases) / 1000;
  }

  private static double weightNanos(ConvShape s, Winograd algorithm, double inputBytes) {
    long bytes = WinogradWeights.bytes(s, algorithm);
    double rate = bytes <= NEAR_BYTES ? NEAR_WEIGHT_RATE : FAR_WEIGHT_RATE;
    return bytes <= CACHED_BYTES ? 0 : bytes * Math.ceil(inputBytes / BLOCK_BYTES) / rate;
  }
}
