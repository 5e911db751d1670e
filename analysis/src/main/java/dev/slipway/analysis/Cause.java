package dev.slipway.analysis;

/**
 * What makes a layer differ.
 *
 * @param kind where to look
 * @param subject the step, the pass or the constants
 * @param explanation one sentence
 */
public record Cause(Kind kind, String subject, String explanation) {

  public enum Kind {
    /** A kernel computes something else than the reference evaluation of its node. */
    KERNEL,
    /** A change of a pass changed what the graph computes. */
    PASS,
    /** The builder's lowering behind the passes: precisions, integer operators, kernel groups. */
    LOWERING,
    /** The two models have other constants or other operators there. */
    MODEL,
    /** None of these alone. */
    UNKNOWN
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(java.util.Locale.ROOT) + " " + subject + ": " + explanation;
  }
}
