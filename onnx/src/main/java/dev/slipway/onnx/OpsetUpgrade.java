package dev.slipway.onnx;

import java.util.List;

/** Brings nodes of older opsets to the newest form, step by step. */
final class OpsetUpgrade {
  private OpsetUpgrade() {}

  /** A change of one operator's form. */
  @FunctionalInterface
  interface Adapter {
    ImportedNode apply(ImportedNode node, UpgradeContext context);
  }

  /** Turns forms of an operator from before an opset into the form of that opset. */
  record Step(String operator, long before, Adapter adapter) {}

  private static final List<Step> STEPS = List.of();

  static ImportedNode upgrade(ImportedNode node, UpgradeContext context) {
    ImportedNode upgraded = node;
    for (Step step : STEPS) {
      if (upgraded.opset() < step.before() && upgraded.type().equals(step.operator())) {
        upgraded = step.adapter().apply(upgraded, context);
      }
    }
    return upgraded;
  }
}
