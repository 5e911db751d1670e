package dev.slipway.graph;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.Set;

/**
 * The element types that a port accepts. Ports under one constraint name have one type.
 *
 * @param tensorsOnly false where sequences and optionals are accepted too
 */
public record TypeConstraint(String name, Set<DType> accepts, boolean tensorsOnly) {

  /** Any value; ports under it need not agree. */
  public static final TypeConstraint ANY = new TypeConstraint("", DType.ALL, false);

  public TypeConstraint {
    accepts = Set.copyOf(accepts);
  }

  /** A constraint that all ports of this name in a schema share. */
  public static TypeConstraint of(String name, Set<DType> accepts) {
    return new TypeConstraint(name, accepts, true);
  }

  /** A constraint that all ports of this name in a schema share. */
  public static TypeConstraint of(String name, DType first, DType... rest) {
    Set<DType> accepts = new java.util.HashSet<>(Set.of(rest));
    accepts.add(first);
    return of(name, accepts);
  }

  boolean accepts(ValueType type) {
    return type instanceof TensorType tensor ? accepts.contains(tensor.dtype()) : !tensorsOnly;
  }
}
