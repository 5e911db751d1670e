package dev.slipway.conformance;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a run of the suite found.
 *
 * @param unsupported tests of the list of what is not supported, which failed as expected
 * @param failed tests that failed, and tests of that list that passed
 */
public record ConformanceReport(String backend, List<String> passed, List<Finding> failed, List<Finding> unsupported) {

  /** A test and what is the matter with it. */
  public record Finding(String test, String reason) {}

  public ConformanceReport {
    passed = List.copyOf(passed);
    failed = List.copyOf(failed);
    unsupported = List.copyOf(unsupported);
  }

  /** Whether nothing failed. */
  public boolean isPassed() {
    return failed.isEmpty();
  }

  /** {@code {"backend", "passed", "failed", "unsupported", "failures": [...], "reasons": {...}}}. */
  public String json() {
    String failures = failed.stream()
        .map(finding -> "{\"test\": " + quoted(finding.test()) + ", \"reason\": " + quoted(finding.reason()) + "}")
        .collect(Collectors.joining(", ", "[", "]"));
    String reasons = unsupported.stream()
        .map(finding -> quoted(finding.test()) + ": " + quoted(finding.reason()))
        .collect(Collectors.joining(", ", "{", "}"));
    return "{\"backend\": " + quoted(backend) + ", \"passed\": " + passed.size() + ", \"failed\": " + failed.size()
        + ", \"unsupported\": " + unsupported.size() + ", \"failures\": " + failures + ", \"reasons\": " + reasons
        + "}";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        default -> quoted.append(c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return backend + ": " + passed.size() + " passed, " + failed.size() + " failed, " + unsupported.size()
        + " unsupported";
  }
}
