package dev.slipway.conformance;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Runs the ONNX backend tests: the folders {@code node}, {@code simple}, {@code pytorch-converted},
 * {@code pytorch-operator} and {@code light} of {@code onnx/backend/test/data}. A test that is listed as unsupported is
 * run too, and fails the run where it passes, unless the list says that it may pass by chance. Not thread-safe.
 */
public final class ConformanceRunner {
  private final String backend;
  private final Execution execution;
  private final UnsupportedTests unsupported;

  /**
   * Makes a runner.
   *
   * @param backend the name in the report
   */
  public ConformanceRunner(String backend, Execution execution) {
    this(backend, execution, UnsupportedTests.load());
  }

  ConformanceRunner(String backend, Execution execution, UnsupportedTests unsupported) {
    this.backend = backend;
    this.execution = execution;
    this.unsupported = unsupported;
  }

  /** Runs all tests of a folder. */
  public ConformanceReport run(Path data) {
    return run(data, Pattern.compile(""), line -> {});
  }

  /**
   * Runs the tests in whose names the filter is found.
   *
   * @param log takes a line for each test that failed, as it fails
   */
  public ConformanceReport run(Path data, Pattern filter, Consumer<String> log) {
    List<String> passed = new ArrayList<>();
    List<ConformanceReport.Finding> failed = new ArrayList<>();
    List<ConformanceReport.Finding> skipped = new ArrayList<>();
    for (ConformanceTest test : ConformanceTest.list(data)) {
      if (!filter.matcher(test.name()).find()) {
        continue;
      }
      Optional<UnsupportedTests.Entry> entry = unsupported.entry(test.name());
      Optional<String> expected = entry.map(UnsupportedTests.Entry::reason);
      Optional<String> failure = test.failure(execution);
      if (failure.isEmpty() && expected.isEmpty()) {
        passed.add(test.name());
      } else if (expected.isPresent() && (failure.isPresent() || entry.get().byChance())) {
        skipped.add(new ConformanceReport.Finding(test.name(), expected.get()));
      } else {
        String reason = failure.orElse("passed (expected: unsupported, " + expected.orElse("")
            + "; take it off the list of unsupported tests)");
        failed.add(new ConformanceReport.Finding(test.name(), reason));
        log.accept(test.name() + ": " + reason);
      }
    }
    return new ConformanceReport(backend, passed, failed, skipped);
  }

  /** Runs on the reference: arguments are the folder of the data and, optionally, a pattern of names. */
  public static void main(String[] arguments) {
    if (arguments.length < 1 || arguments.length > 2) {
      System.err.println("arguments: " + arguments.length + " (expected: DATA [PATTERN])");
      System.exit(2);
    }
    Pattern filter = Pattern.compile(arguments.length == 2 ? arguments[1] : "");
    ConformanceReport report = new ConformanceRunner("reference", Execution.reference())
        .run(Path.of(arguments[0]), filter, System.out::println);
    System.out.println(report);
    System.exit(report.isPassed() ? 0 : 1);
  }
}
