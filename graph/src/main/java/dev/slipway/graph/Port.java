package dev.slipway.graph;

/** A formal input or output of an operator. */
public record Port(String name, Kind kind, TypeConstraint constraint) {

  /** How many values a port takes. */
  public enum Kind {
    REQUIRED,
    /** None or one. */
    OPTIONAL,
    /** Any number, of one type; only the last port. */
    VARIADIC,
    /** Any number, of any types; only the last port. */
    HETEROGENEOUS
  }

  boolean repeats() {
    return kind == Kind.VARIADIC || kind == Kind.HETEROGENEOUS;
  }
}
