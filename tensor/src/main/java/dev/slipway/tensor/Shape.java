package dev.slipway.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Dimensions, each known or symbolic; or {@link #UNRANKED}, where not even their number is known. */
public record Shape(List<Dim> dims, boolean ranked) {

  /** A shape of unknown rank. */
  public static final Shape UNRANKED = new Shape(List.of(), false);

  /** The shape of a scalar. */
  public static final Shape SCALAR = new Shape(List.of(), true);

  public Shape {
    dims = List.copyOf(dims);
  }

  public static Shape of(List<Dim> dims) {
    return new Shape(dims, true);
  }

  public static Shape of(Dim... dims) {
    return new Shape(List.of(dims), true);
  }

  public static Shape of(long... dims) {
    List<Dim> known = new ArrayList<>(dims.length);
    for (long dim : dims) {
      known.add(Dim.of(dim));
    }
    return new Shape(known, true);
  }

  /**
   * The number of axes.
   *
   * @throws IllegalStateException where the rank is not known
   */
  public int rank() {
    if (!ranked) {
      throw new IllegalStateException("rank of an unranked shape");
    }
    return dims.size();
  }

  /** Axis {@code axis}, counted from the end where negative. */
  public Dim dim(int axis) {
    return dims.get(axis < 0 ? axis + rank() : axis);
  }

  /** Whether every dimension is a number. */
  public boolean isKnown() {
    if (!ranked) {
      return false;
    }
    for (Dim dim : dims) {
      if (!(dim instanceof Dim.Known)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The dimensions as numbers.
   *
   * @throws SlipwayException where one is symbolic
   */
  public long[] known() {
    if (!isKnown()) {
      throw new SlipwayException("shape: " + this + " (expected: every dimension a number)");
    }
    long[] sizes = new long[dims.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = ((Dim.Known) dims.get(i)).size();
    }
    return sizes;
  }

  /** The product of the dimensions, symbolic where one is. */
  public Dim elements() {
    Dim product = Dim.ONE;
    for (Dim dim : dims) {
      product = product.times(dim);
    }
    return product;
  }

  /**
   * The product of known dimensions.
   *
   * @throws SlipwayException where a dimension is symbolic or the product overflows
   */
  public long elementCount() {
    try {
      return product(known());
    } catch (ArithmeticException e) {
      throw new SlipwayException("shape: " + this + " (expected: a product of at most 2^63-1)", e);
    }
  }

  /** This shape with symbols replaced by the sizes that are given for them. */
  public Shape bind(Map<String, Long> sizes) {
    return map(dim -> dim.bind(sizes));
  }

  public Shape map(UnaryOperator<Dim> function) {
    return ranked ? new Shape(dims.stream().map(function).toList(), true) : this;
  }

  /** This shape with one axis replaced. */
  public Shape with(int axis, Dim dim) {
    List<Dim> changed = new ArrayList<>(dims);
    changed.set(axis < 0 ? axis + rank() : axis, dim);
    return Shape.of(changed);
  }

  /** Axes {@code from} (inclusive) to {@code to} (exclusive). */
  public Shape slice(int from, int to) {
    return Shape.of(dims.subList(from, to));
  }

  /** The axes of this shape followed by those of another. */
  public Shape concat(Shape other) {
    List<Dim> all = new ArrayList<>(dims);
    all.addAll(other.dims);
    return Shape.of(all);
  }

  /**
   * The exact product.
   *
   * @throws ArithmeticException where it overflows
   */
  public static long product(long... sizes) {
    for (long size : sizes) {
      if (size == 0) {
        return 0;
      }
    }
    long product = 1;
    for (long size : sizes) {
      product = Math.multiplyExact(product, size);
    }
    return product;
  }

  /** Row-major strides, in elements. */
  public static long[] strides(long... sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, sizes[i]);
    }
    return strides;
  }

  /** Numbers in the same text form as a shape: {@code [1, 3]}. */
  public static String text(long... sizes) {
    return Arrays.toString(sizes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && ranked == shape.ranked && dims.equals(shape.dims);
  }

  @Override
  public int hashCode() {
    return ranked ? dims.hashCode() : 0;
  }

  /** {@code [N, 3, 224, 224]}, or {@code [*]} where the rank is not known. */
  @Override
  public String toString() {
    return ranked ? dims.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]")) : "[*]";
  }
}
