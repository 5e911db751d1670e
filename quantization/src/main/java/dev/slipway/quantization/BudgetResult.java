package dev.slipway.quantization;

import java.util.ArrayList;
import java.util.List;

/**
 * What a search for a model within a budget found.
 *
 * @param reference the float model
 * @param attempts what was tried, in order
 * @param best the first that met the budget, or the most accurate where none did
 * @param model of the best attempt
 * @param isMet whether the best attempt meets the budget
 */
public record BudgetResult(
    Attempt reference, List<Attempt> attempts, Attempt best, QuantizedModel model, boolean isMet) {

  public BudgetResult {
    attempts = List.copyOf(attempts);
  }

  /** What was measured, the float model included, that nothing beats in accuracy and latency; the fastest first. */
  public List<Attempt> front() {
    List<Attempt> all = new ArrayList<>(List.of(reference));
    all.addAll(attempts);
    return Attempt.front(all);
  }

  /** How much accuracy an attempt loses. */
  public double loss(Attempt attempt) {
    return reference.accuracy() - attempt.accuracy();
  }
}
