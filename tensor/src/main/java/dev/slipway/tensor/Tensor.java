package dev.slipway.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A view of elements in memory: whoever owns the segment decides how long it lives, and use after that is an
 * {@link IllegalStateException}. Elements are little-endian and may start at any byte.
 *
 * <p>The element accessors count elements of the storage; for a contiguous tensor that is the row-major index. They
 * convert from and to any element type and are meant for reference code; bulk copies serve where speed matters.
 *
 * <p>Not synchronised: several threads may read a tensor that nobody writes.
 */
public record Tensor(TensorType type, MemorySegment data) implements Datum {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Alignment of allocated tensors in bytes: one cache line. */
  public static final int ALIGNMENT = 64;

  public Tensor {
    Objects.requireNonNull(type, "type");
    if (type.dtype() == DType.STRING) {
      throw new SlipwayException("element type: string (expected: a numeric type; Slipway does not store strings)");
    }
    long bytes = type.bytes();
    if (data.byteSize() < bytes) {
      throw new SlipwayException(
          "data of " + type + ": " + data.byteSize() + " bytes (expected: at least " + bytes + ")");
    }
  }

  /** A tensor of zeros in memory that the arena owns. */
  public static Tensor allocate(Arena arena, TensorType type) {
    return new Tensor(type, arena.allocate(Math.max(type.bytes(), 1), ALIGNMENT));
  }

  /** A tensor of zeros in memory that the garbage collector owns. */
  public static Tensor allocate(TensorType type) {
    return allocate(Arena.ofAuto(), type);
  }

  /** A tensor of zeros in memory that the garbage collector owns. */
  public static Tensor allocate(DType dtype, long... dims) {
    return allocate(TensorType.of(dtype, dims));
  }

  /** float32 of these dimensions; no dimensions make a scalar. */
  public static Tensor of(float[] values, long... dims) {
    Tensor tensor = allocate(DType.FLOAT32, dims);
    tensor.requireElements(values.length);
    MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
    return tensor;
  }

  /** float64 of these dimensions. */
  public static Tensor of(double[] values, long... dims) {
    Tensor tensor = allocate(DType.FLOAT64, dims);
    tensor.requireElements(values.length);
    MemorySegment.copy(values, 0, tensor.data, DOUBLE, 0, values.length);
    return tensor;
  }

  /** int64 of these dimensions. */
  public static Tensor of(long[] values, long... dims) {
    Tensor tensor = allocate(DType.INT64, dims);
    tensor.requireElements(values.length);
    MemorySegment.copy(values, 0, tensor.data, LONG, 0, values.length);
    return tensor;
  }

  /** int32 of these dimensions. */
  public static Tensor of(int[] values, long... dims) {
    Tensor tensor = allocate(DType.INT32, dims);
    tensor.requireElements(values.length);
    MemorySegment.copy(values, 0, tensor.data, INT, 0, values.length);
    return tensor;
  }

  /** A one-dimensional int64 tensor, the form that axes and shapes have. */
  public static Tensor vector(long... values) {
    return of(values, values.length);
  }

  /** A float32 scalar. */
  public static Tensor scalar(float value) {
    return of(new float[] {value});
  }

  /** An int64 scalar. */
  public static Tensor scalar(long value) {
    return of(new long[] {value});
  }

  /** A scalar of any element type, converted. */
  public static Tensor scalar(DType dtype, double value) {
    Tensor tensor = allocate(dtype);
    tensor.setDouble(0, value);
    return tensor;
  }

  public DType dtype() {
    return type.dtype();
  }

  public Shape shape() {
    return type.shape();
  }

  /** The dimensions, a fresh array. */
  public long[] dims() {
    return type.shape().known();
  }

  public int rank() {
    return type.shape().rank();
  }

  /** Size of an axis, counted from the end where negative. */
  public long dim(int axis) {
    return ((Dim.Known) type.shape().dim(axis)).size();
  }

  /** Logical elements, padding not counted. */
  public long elementCount() {
    return type.shape().elementCount();
  }

  /** The same elements under another shape of as many elements. */
  public Tensor reshape(long... dims) {
    TensorType reshaped = TensorType.of(dtype(), dims);
    if (reshaped.shape().elementCount() != elementCount()) {
      throw new SlipwayException("shape: " + reshaped.shape() + " (expected: " + elementCount() + " elements)");
    }
    return new Tensor(reshaped, data);
  }

  /** A copy in memory that the arena owns. */
  public Tensor copy(Arena arena) {
    Tensor copy = allocate(arena, type);
    copy.data.copyFrom(data.asSlice(0, type.bytes()));
    return copy;
  }

  /** Element {@code index} as a double: exact but for 64-bit integers beyond 2^53; bool is 0 or 1. */
  public double getDouble(long index) {
    return Elements.getDouble(data, dtype(), index);
  }

  /** Writes an element: floats round half to even, integers drop the fraction and keep the low bits. */
  public void setDouble(long index, double value) {
    Elements.setDouble(data, dtype(), index, value);
  }

  /** Element {@code index} as a long: floats drop the fraction; uint64 keeps its bits. */
  public long getLong(long index) {
    return Elements.getLong(data, dtype(), index);
  }

  /** Writes an element: integers keep the low bits. */
  public void setLong(long index, long value) {
    Elements.setLong(data, dtype(), index, value);
  }

  public boolean getBoolean(long index) {
    return getLong(index) != 0;
  }

  public void setBoolean(long index, boolean value) {
    setLong(index, value ? 1 : 0);
  }

  /** All elements as float32, a fresh array. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(elementCount())];
    if (dtype() == DType.FLOAT32) {
      MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) getDouble(i);
      }
    }
    return values;
  }

  /** All elements as float64, a fresh array. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = getDouble(i);
    }
    return values;
  }

  /** All elements as int64, a fresh array. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = getLong(i);
    }
    return values;
  }

  /** All elements as int32, a fresh array; larger values keep their low bits. */
  public int[] toInts() {
    int[] values = new int[Math.toIntExact(elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) getLong(i);
    }
    return values;
  }

  /** Overwrites all elements, converted to this element type. */
  public void set(float[] values) {
    requireElements(values.length);
    if (dtype() == DType.FLOAT32) {
      MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
    } else {
      for (int i = 0; i < values.length; i++) {
        setDouble(i, values[i]);
      }
    }
  }

  /** Overwrites all elements, converted to this element type. */
  public void set(double[] values) {
    requireElements(values.length);
    for (int i = 0; i < values.length; i++) {
      setDouble(i, values[i]);
    }
  }

  /** Overwrites all elements, converted to this element type. */
  public void set(long[] values) {
    requireElements(values.length);
    for (int i = 0; i < values.length; i++) {
      setLong(i, values[i]);
    }
  }

  /** Copies all elements of a tensor of the same element type and as many elements. */
  public void copyFrom(Tensor other) {
    if (other.dtype() != dtype() || other.type.bytes() != type.bytes()) {
      throw new SlipwayException("tensor: " + other.type + " (expected: " + type + ")");
    }
    MemorySegment.copy(other.data, 0, data, 0, type.bytes());
  }

  private void requireElements(long count) {
    if (count != elementCount()) {
      throw new SlipwayException("values: " + count + " (expected: " + elementCount() + " for " + type + ")");
    }
  }

  @Override
  public String toString() {
    return "Tensor[" + type + "]";
  }
}
