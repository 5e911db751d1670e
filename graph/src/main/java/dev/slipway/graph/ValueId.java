package dev.slipway.graph;

/** Names a value of one graph. Equal only within that graph and the graphs that patches make of it. */
public record ValueId(int index) {

  /** Stands for an optional input or output that is not there. */
  public static final ValueId ABSENT = new ValueId(-1);

  public boolean isPresent() {
    return index >= 0;
  }

  @Override
  public String toString() {
    return isPresent() ? "%" + index : "absent";
  }
}
