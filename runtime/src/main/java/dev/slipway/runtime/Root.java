package dev.slipway.runtime;

import java.util.Optional;

/**
 * A piece of memory that values lie in, while a program is compiled: of the workspace, or of the caller's for graph
 * inputs and outputs. A root may become a part of another one, as the inputs of a concatenation do.
 */
final class Root {

  enum Kind {
    WORKSPACE,
    INPUT,
    OUTPUT
  }

  Kind kind;
  /** Which graph input or output. */
  int index;
  long bytes;
  int firstStep = Integer.MAX_VALUE;
  int lastStep = -1;
  private Optional<Root> parent = Optional.empty();
  private long offsetInParent;
  /** Bytes from the start of the workspace, once planned. */
  long workspaceOffset;

  Root(Kind kind, int index, long bytes) {
    this.kind = kind;
    this.index = index;
    this.bytes = bytes;
  }

  boolean isPart() {
    return parent.isPresent();
  }

  void becomePartOf(Root whole, long offset) {
    parent = Optional.of(whole);
    offsetInParent = offset;
    whole.use(firstStep);
    whole.use(lastStep);
  }

  /** The root that this one is a part of in the end. */
  Root resolve() {
    return parent.isPresent() ? parent.get().resolve() : this;
  }

  long offsetInRoot() {
    return parent.isPresent() ? offsetInParent + parent.get().offsetInRoot() : 0;
  }

  /** What is in use at a step of the group is so at all of its steps. */
  void keepDuring(StepGroup group) {
    if (firstStep < group.end() && lastStep >= group.first()) {
      firstStep = Math.min(firstStep, group.first());
      lastStep = Math.max(lastStep, group.end() - 1);
    }
  }

  /** Notes that a step reads or writes it. */
  void use(int step) {
    if (step < 0 || step == Integer.MAX_VALUE) {
      return;
    }
    firstStep = Math.min(firstStep, step);
    lastStep = Math.max(lastStep, step);
    if (parent.isPresent()) {
      parent.get().use(step);
    }
  }
}
