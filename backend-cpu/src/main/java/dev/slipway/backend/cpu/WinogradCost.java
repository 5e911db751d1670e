package dev.slipway.backend.cpu;

/**
 * Predicts the time of a {@link WinogradConvolution}, in the unit in which {@link ConvTactic} predicts its own: both
 * take the processor for a quarter slower than the one that was measured. Fitted to layers of ResNet, SqueezeNet and
 * RetinaFace with AVX-512.
 */
final class WinogradCost {
  /** Vector multiply-adds a nanosecond, of products that are smaller than those of a direct convolution. */
  private static final double PRODUCT_RATE = 2.7;

  /** Nanoseconds for each vector that a transform of inputs writes. */
  private static final double INPUT_NANOS = 6;

  /** Nanoseconds for each vector that a transform of results reads. */
  private static final double OUTPUT_NANOS = 4;

  /** Weights that stay in the second-level cache. */
  private static final double CACHED_BYTES = 1 << 20;

  /** Bytes a nanosecond of other weights. */
  private static final double WEIGHT_RATE = 5.5;

  /** Nanoseconds to start and end the phases of an image whose tiles are not enough for the threads. */
  private static final double PHASES_NANOS = 5000;

  private WinogradCost() {}

  static double micros(ConvShape s, Winograd algorithm, int threads) {
    double tiles = WinogradBlocking.tiles(s, algorithm);
    double inBlocks = Math.ceilDiv(s.inChannels(), Memory.LANES);
    double outBlocks = BlockedConvolution.outBlocks(s);
    double products = algorithm.products() * tiles * s.inChannels() * outBlocks / PRODUCT_RATE;
    double transforms = algorithm.products() * tiles * (inBlocks * INPUT_NANOS + outBlocks * OUTPUT_NANOS);
    double weights = (WinogradWeights.bytes(s, algorithm) - CACHED_BYTES) / WEIGHT_RATE;
    double phases = threads == 1 ? 0 : PHASES_NANOS;
    return ((Math.max(products, weights) + transforms) / threads + phases) / 1000;
  }
}
