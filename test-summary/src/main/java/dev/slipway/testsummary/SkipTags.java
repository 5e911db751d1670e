package dev.slipway.testsummary;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips tests that carry a tag listed in the system property {@code slipway.test.skipTags}. Unlike a filter at
 * discovery, it leaves them in the plan, so that the summary counts them.
 */
public final class SkipTags implements ExecutionCondition {
  private final List<String> skipped =
      Stream.of(System.getProperty("slipway.test.skipTags", "").split(","))
          .map(String::strip)
          .filter(tag -> !tag.isEmpty())
          .toList();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<String> tag = skipped.stream().filter(context.getTags()::contains).findFirst();
    return tag.map(name -> ConditionEvaluationResult.disabled("tag " + name + " is in skipTags"))
        .orElseGet(() -> ConditionEvaluationResult.enabled("no tag in skipTags"));
  }
}
