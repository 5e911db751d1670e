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

/** The tests that are not expected to pass, with reasons: lines {@code PATTERN: REASON} of a resource. */
record UnsupportedTests(List<Entry> entries) {

  record Entry(Pattern pattern, String reason) {}

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
      entries.add(new Entry(Pattern.compile(line.substring(0, colon)), line.substring(colon + 2)));
    }
    return new UnsupportedTests(entries);
  }

  /** Why a test is not expected to pass; empty where it is. */
  Optional<String> reason(String test) {
    return entries.stream()
        .filter(entry -> entry.pattern().matcher(test).matches())
        .map(Entry::reason)
        .findFirst();
  }
}
