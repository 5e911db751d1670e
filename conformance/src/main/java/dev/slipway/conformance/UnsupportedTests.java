package dev.slipway.conformance;

import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The tests that are not expected to pass, with reasons: lines {@code PATTERN: REASON} of a resource. A pattern behind
 * {@code ?} is of tests that pass now and then, by chance.
 */
record UnsupportedTests(List<Entry> entries) {

  /**
   * A line.
   *
   * @param byChance whether the tests may pass all the same
   */
  record Entry(Pattern pattern, String reason, boolean byChance) {}

  /** The list that holds for every backend. */
  static UnsupportedTests load() {
    try (InputStream in = UnsupportedTests.class.getResourceAsStream("unsupported.txt")) {
      if (in == null) {
        throw new IllegalStateException("resource unsupported.txt is missing");
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static UnsupportedTests parse(String text) {
    List<Entry> entries = new ArrayList<>();
    for (String line : text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList()) {
      int colon = line.indexOf(": ");
      if (colon < 0) {
        throw new SlipwayException("unsupported tests: " + line + " (expected: PATTERN: REASON)");
      }
      boolean byChance = line.startsWith("?");
      String pattern = line.substring(byChance ? 1 : 0, colon);
      entries.add(new Entry(Pattern.compile(pattern), line.substring(colon + 2), byChance));
    }
    return new UnsupportedTests(entries);
  }

  /** The first line that a test is on; empty where it is expected to pass. */
  Optional<Entry> entry(String test) {
    return entries.stream().filter(entry -> entry.pattern().matcher(test).matches()).findFirst();
  }
}
