package dev.slipway.graph;

/**
 * Names a value of one graph. Equal only within that graph and the graphs that patches make of it.
 *
 * <p>Compares by its own code, as some types do that every start of a process needs: the comparison that the compiler
 * leaves to {@code ObjectMethods} takes tens of milliseconds to link in a fresh JVM.
 */
public record ValueId(int index) {

  /** Stands for an optional input or output that is not there. */
  public static final ValueId ABSENT = new ValueId(-1);

  public boolean isPresent() {
    return index >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ValueId(int own) && own == index;
  }

  @Override
  public int hashCode() {
    return index;
  }

  @Override
  public String toString() {
    return isPresent() ? "%" + index : "absent";
  }
}
