package dev.slipway.onnx;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/** A tensor that the file stores as its elements other than zero; read as a dense one. */
record SparseTensorProto(String name, Tensor tensor) {
  /** A few bytes can declare a tensor of any size; beyond this many bytes it is refused. */
  private static final long LARGEST = 1L << 28;

  static SparseTensorProto read(WireReader in) {
    Optional<TensorProto> values = Optional.empty();
    Optional<TensorProto> indices = Optional.empty();
    Longs dims = new Longs();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> values = Optional.of(TensorProto.read(in.message()));
        case 2 -> indices = Optional.of(TensorProto.read(in.message()));
        case 3 -> in.varints(dims);
        default -> in.skip();
      }
    }
    if (values.isEmpty() || indices.isEmpty()) {
      throw in.corrupt("sparse tensor: no " + (values.isEmpty() ? "values" : "indices") + " (expected: both)");
    }
    String name = values.get().name();
    try {
      return new SparseTensorProto(name, dense(values.get().tensor(), indices.get().tensor(), dims.toArray()));
    } catch (SlipwayException e) {
      throw in.corrupt("sparse tensor " + name + ": " + e.getMessage());
    }
  }

  private static Tensor dense(Tensor values, Tensor indices, long[] dims) {
    TensorType type = TensorType.of(values.dtype(), dims);
    for (long dim : dims) {
      if (dim < 0) {
        throw new SlipwayException("dimensions: " + Shape.text(dims) + " (expected: numbers >= 0)");
      }
    }
    if (type.bytes() > LARGEST || values.dtype().isComplex() || values.dtype().bits() < 8) {
      throw new SlipwayException("type: " + type + " (expected: at most 2^28 bytes of a real type of at least 8 bits)");
    }
    long count = values.elementCount();
    boolean linear = indices.rank() == 1;
    if (indices.dtype() != DType.INT64 || indices.elementCount() != count * (linear ? 1 : dims.length)) {
      throw new SlipwayException(
          "indices: " + indices.type()
              + " (expected: int64[" + count + "] or int64[" + count + ", " + dims.length + "])");
    }
    Tensor dense = Tensor.allocate(type);
    long elements = type.shape().elementCount();
    long[] strides = Shape.strides(dims);
    int width = values.dtype().bits() / 8;
    for (long i = 0; i < count; i++) {
      long index = linear ? indices.getLong(i) : index(indices, i, dims, strides);
      if (index < 0 || index >= elements) {
        throw new SlipwayException("index: " + index + " (expected: 0 to " + (elements - 1) + ")");
      }
      dense.data().asSlice(index * width, width).copyFrom(values.data().asSlice(i * width, width));
    }
    return dense;
  }

  private static long index(Tensor indices, long row, long[] dims, long[] strides) {
    long index = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      long position = indices.getLong(row * dims.length + axis);
      if (position < 0 || position >= dims[axis]) {
        throw new SlipwayException(
            "index: " + position + " on axis " + axis + " (expected: 0 to " + (dims[axis] - 1) + ")");
      }
      index += position * strides[axis];
    }
    return index;
  }
}
