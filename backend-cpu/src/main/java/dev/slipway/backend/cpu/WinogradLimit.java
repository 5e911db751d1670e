package dev.slipway.backend.cpu;

import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;

/**
 * Which of {@link Winograd}'s algorithms may be taken. The rule: five standard deviations of the rounding error of the
 * worst placed output, relative to the root mean square of the results, are within the operator's tolerance. The system
 * property {@value #PROPERTY} goes before it: {@code off}, or the largest tile, which is then offered whatever its
 * error.
 */
final class WinogradLimit {
  static final String PROPERTY = "slipway.cpu.winograd";
  private static final double DEVIATIONS = 5;
  private static final String OFF = "off";
  private static final String BY_ERROR = "auto";

  private WinogradLimit() {}

  /**
   * @param epsilons the operator's tolerance relative to a result
   */
  static boolean allows(Winograd algorithm, int channels, double epsilons) {
    String limit = limit();
    return switch (limit) {
      case OFF -> false;
      case BY_ERROR -> DEVIATIONS * relativeDeviation(algorithm, channels) <= epsilons;
      default -> algorithm.outputs() <= Integer.parseInt(limit);
    };
  }

  /** The error's deviation relative to that of a result, the sum of nine products for each channel. */
  private static double relativeDeviation(Winograd algorithm, int channels) {
    return algorithm.errorDeviation(channels) / (Winograd.TAPS * Math.sqrt(channels));
  }

  /** Why no algorithm is allowed. */
  static String refusal(int channels) {
    return limit().equals(OFF)
        ? "Winograd algorithms: system property " + PROPERTY + " is off (leave it out for them)"
        : channels + " input channels (expected: fewer, for the rounding error to stay within the tolerance)";
  }

  private static String limit() {
    String value = System.getProperty(PROPERTY, BY_ERROR);
    if (!value.equals(OFF) && !value.equals(BY_ERROR) && !isTile(value)) {
      throw new SlipwayException(
          "system property " + PROPERTY + ": " + value + " (expected: auto, off, 2, 4 or 6)");
    }
    return value;
  }

  private static boolean isTile(String value) {
    return Arrays.stream(Winograd.values()).anyMatch(a -> value.equals(Integer.toString(a.outputs())));
  }
}
