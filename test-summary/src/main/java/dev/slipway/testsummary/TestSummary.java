package dev.slipway.testsummary;

import java.io.PrintStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints, at the end of a test plan, one line such as
 * {@code slipway-graph: ran 212, failed 0, skipped 3 (GPU absent: 3)}.
 *
 * <p>A skipped or aborted class counts as all the tests known under it, a failed class set-up as one failure. Safe for
 * tests that run in parallel.
 */
public final class TestSummary implements TestExecutionListener {
  private static final String ASSUMPTION_PREFIX = "Assumption failed: ";

  private final AtomicInteger ran = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final Map<String, Integer> skipped = new TreeMap<>();
  private final PrintStream out;
  private TestPlan plan;

  /** Prints on standard output; the constructor that the service loader calls. */
  public TestSummary() {
    this(System.out);
  }

  TestSummary(PrintStream out) {
    this.out = out;
  }

  @Override
  public void testPlanExecutionStarted(TestPlan started) {
    plan = started;
    ran.set(0);
    failed.set(0);
    skipped.clear();
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    addSkipped(test, reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    switch (result.getStatus()) {
      case SUCCESSFUL -> {
        if (test.isTest()) ran.incrementAndGet();
      }
      case FAILED -> {
        if (test.isTest()) ran.incrementAndGet();
        failed.incrementAndGet();
      }
      case ABORTED -> addSkipped(test, result.getThrowable().map(Throwable::getMessage).orElse(""));
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan finished) {
    String module = System.getProperty("slipway.test.module", "tests");
    String line = "%s: ran %d, failed %d, skipped %s".formatted(module, ran.get(), failed.get(), skippedText());
    out.println(line);
  }

  private synchronized void addSkipped(TestIdentifier test, String reason) {
    String text = reason == null || reason.isBlank() ? "no reason given" : reason.strip();
    if (text.startsWith(ASSUMPTION_PREFIX)) text = text.substring(ASSUMPTION_PREFIX.length());
    int tests = test.isTest() ? 1 : Math.max(1, (int) plan.countTestIdentifiers(t -> t.isTest() && isUnder(t, test)));
    skipped.merge(text, tests, Integer::sum);
  }

  private static boolean isUnder(TestIdentifier test, TestIdentifier container) {
    return test.getUniqueIdObject().hasPrefix(container.getUniqueIdObject());
  }

  private synchronized String skippedText() {
    int total = skipped.values().stream().mapToInt(Integer::intValue).sum();
    if (total == 0) return "0";
    return skipped.entrySet().stream()
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("; ", total + " (", ")"));
  }
}
