package dev.slipway.analysis;

/**
 * How an engine is run to be measured.
 *
 * @param streams threads, each with a context of its own
 * @param warmUpMillis NaN to warm up until times are stable
 * @param iterations of each stream at least
 * @param ratePerSecond at which runs are asked for, whether or not earlier ones have ended; 0 where each begins when
 *     the one before has ended
 */
public record Load(int streams, double warmUpMillis, double seconds, int iterations, double ratePerSecond) {

  /** One run after another. */
  public static Load closed(int streams, double warmUpMillis, double seconds, int iterations) {
    return new Load(streams, warmUpMillis, seconds, iterations, 0);
  }

  boolean isOpen() {
    return ratePerSecond > 0;
  }
}
