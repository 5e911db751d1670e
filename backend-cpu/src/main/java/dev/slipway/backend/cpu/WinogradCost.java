package dev.slipway.backend.cpu;

/**
 * Predicts the time of a {@link WinogradConvolution}, in the unit in which {@link ConvTactic} predicts its own. Fitted to
 * layers of ResNet with AVX-512.
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

  /** Bytes a nanosecond of such weights, beside the products. */
  private static final double WEIGHT_RATE = 6.5;

  /** Nanoseconds to start and end the phases of an image whose tiles are not enough for the threads. */
  private static final double PHASES_NANOS = 5000;

  private WinogradCost() {}

  static double micros(ConvShape s, Winograd algorithm, int threads) {
    double vectors = (double) algorithm.products() * WinogradBlocking.tiles(s, algorithm);
    double inBlocks = Math.ceilDiv(s.inChannels(), Memory.LANES);
    double outBlocks = BlockedConvolution.outBlocks(s);
    double products = vectors * s.inChannels() * outBlocks / PRODUCT_RATE;
    double transforms = vectors * (inBlocks * INPUT_NANOS + outBlocks * OUTPUT_NANOS);
    double weights = weightNanos(s, algorithm, vectors * inBlocks * Memory.VECTOR_BYTES);
    double phases = threads == 1 ? 0 : PHASES_NANOS;
    return ((Math.max(products, weights) + transforms) / threads + phases) / 1000;
  }

  private static double weightNanos(ConvShape s, Winograd algorithm, double inputBytes) {
    long bytes = WinogradWeights.bytes(s, algorithm);
    return bytes <= CACHED_BYTES ? 0 : bytes * Math.ceil(inputBytes / BLOCK_BYTES) / WEIGHT_RATE;
  }
}
