package dev.slipway.backend.cpu;

/** Predicts the time of a {@link WinogradConvolution} in the terms in which {@link ConvTactic} predicts its own. */
final class WinogradCost {
  /** Vector operations a nanosecond. */
  private static final double RATE = 3;

  /** Bytes of weights a nanosecond that come from beyond the second-level cache. */
  private static final double WEIGHT_BYTES = 8;

  private WinogradCost() {}

  static double micros(ConvShape s, Winograd algorithm, int threads) {
    long tiles = WinogradConvolution.tiles(s, algorithm);
    double inBlocks = Math.ceilDiv(s.inChannels(), Memory.LANES);
    double outBlocks = BlockedConvolution.outBlocks(s);
    double products = (double) algorithm.products() * tiles * s.inChannels() * outBlocks;
    double transforms = 2.0 * algorithm.products() * tiles * (inBlocks + outBlocks) * 3;
    double weights = WinogradConvolution.packedBytes(s, algorithm) / WEIGHT_BYTES;
    return (Math.max(products / RATE, weights) + transforms / RATE) / 1000 / threads;
  }
}
