package dev.slipway.cli;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, for people. */
final class Quantity {
  private static final Pattern BYTES =
      Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)(i?b)?", Pattern.CASE_INSENSITIVE);
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final String[] DECIMAL = {"", " k", " M", " G", " T", " P", " E"};

  private Quantity() {}

  /** {@code 1.5 MiB}. */
  static String bytes(double bytes) {
    return scaled(bytes, 1024, BINARY, " ");
  }

  /** {@code 1.5 M}. */
  static String count(double count) {
    return scaled(count, 1000, DECIMAL, "");
  }

  /** Scaled where it is a number, as an expression elsewhere. */
  static String bytes(Dim bytes) {
    return bytes instanceof Dim.Known(long size) ? bytes((double) size) : bytes + " B";
  }

  /** Scaled where it is a number, as an expression elsewhere. */
  static String count(Dim count) {
    return count instanceof Dim.Known(long size) ? count((double) size) : count.toString();
  }

  private static String scaled(double value, int base, String[] units, String space) {
    int unit = 0;
    double left = value;
    while (Math.abs(left) >= base && unit < units.length - 1) {
      left /= base;
      unit++;
    }
    String number = unit == 0
        ? String.format(Locale.ROOT, "%.0f", left)
        : String.format(Locale.ROOT, left < 10 ? "%.2f" : left < 100 ? "%.1f" : "%.0f", left);
    return number + space + units[unit];
  }

  /** {@code 12.3 ms}. */
  static String millis(double millis) {
    return millis >= 10_000
        ? String.format(Locale.ROOT, "%.1f s", millis / 1000)
        : String.format(Locale.ROOT, millis < 10 ? "%.3f ms" : "%.1f ms", millis);
  }

  /** {@code 3.2 s}. */
  static String seconds(double seconds) {
    return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  }

  /** {@code 1e-3}-like text of three digits. */
  static String error(double error) {
    return error == 0 ? "0" : String.format(Locale.ROOT, "%.3g", error);
  }

  /** Bytes of {@code 512M}, {@code 1.5GiB}, {@code 1000}; the units are powers of 1024. */
  static long parseBytes(String option, String text) {
    Matcher matcher = BYTES.matcher(text.strip());
    if (!matcher.matches()) {
      throw new SlipwayException(option + ": " + text + " (expected: a number of bytes such as 512M or 2G)");
    }
    int power = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
      case "k" -> 1;
      case "m" -> 2;
      case "g" -> 3;
      case "t" -> 4;
      default -> 0;
    };
    return (long) (Double.parseDouble(matcher.group(1)) * Math.pow(1024, power));
  }
}
