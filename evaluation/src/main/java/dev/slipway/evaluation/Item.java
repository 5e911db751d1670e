package dev.slipway.evaluation;

import java.util.Objects;

/**
 * One element of a data set.
 *
 * @param name what messages call it: a file, or a number
 */
public record Item(String name, Content content, Label label) {
  public Item {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(content, "content");
    Objects.requireNonNull(label, "label");
  }
}
