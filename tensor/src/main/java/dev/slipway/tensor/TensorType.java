package dev.slipway.tensor;

import java.util.Objects;

/** Element type, logical shape, and how the elements lie in memory. */
public record TensorType(DType dtype, Shape shape, Layout layout) implements ValueType {

  public TensorType {
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(layout, "layout");
  }

  /** A contiguous row-major tensor. */
  public static TensorType of(DType dtype, Shape shape) {
    return new TensorType(dtype, shape, Layout.CONTIGUOUS);
  }

  /** A contiguous row-major tensor of known dimensions. */
  public static TensorType of(DType dtype, long... dims) {
    return of(dtype, Shape.of(dims));
  }

  public TensorType withShape(Shape other) {
    return new TensorType(dtype, other, layout);
  }

  public TensorType withDType(DType other) {
    return new TensorType(other, shape, layout);
  }

  public TensorType withLayout(Layout other) {
    return new TensorType(dtype, shape, other);
  }

  /**
   * Bytes in memory, padding of the layout included.
   *
   * @throws SlipwayException where the shape is not known or the product overflows
   */
  public long bytes() {
    try {
      return dtype.bytes(layout.storageElements(shape.known()));
    } catch (ArithmeticException e) {
      throw new SlipwayException("shape: " + shape + " of " + dtype + " (expected: at most 2^63-1 bytes)", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorType type
        && dtype == type.dtype
        && layout.equals(type.layout)
        && shape.equals(type.shape);
  }

  @Override
  public int hashCode() {
    return (31 * shape.hashCode() + dtype.ordinal()) * 31 + layout.hashCode();
  }

  /** {@code float32[N, 3, 224, 224]}, with the layout behind it unless it is contiguous. */
  @Override
  public String toString() {
    return dtype + shape.toString() + (layout == Layout.CONTIGUOUS ? "" : "@" + layout);
  }
}
