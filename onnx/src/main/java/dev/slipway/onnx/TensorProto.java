package dev.slipway.onnx;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A tensor with its name. Data that lie in the file as they lie in memory are viewed, not copied. */
record TensorProto(String name, Tensor tensor) {
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int EXTERNAL = 1;

  static TensorProto read(WireReader in) {
    Fields fields = new Fields(in);
    return new TensorProto(fields.name, fields.tensor());
  }

  /** A message with everything but the elements. */
  static WireWriter withoutData(String name, TensorType type) {
    if (type.layout() != Layout.CONTIGUOUS) {
      throw new SlipwayException("tensor " + name + ": " + type + " (expected: a contiguous layout)");
    }
    WireWriter out = new WireWriter();
    for (long dim : type.shape().known()) {
      out.varint(1, dim);
    }
    return out.varint(2, type.dtype().code()).optionalString(8, name);
  }

  /** The fields of the message as they stand in the file. */
  private static final class Fields {
    private final WireReader in;
    private final Longs dims = new Longs();
    private final List<MemorySegment> fixed = new ArrayList<>();
    private final Longs integers = new Longs();
    private final Map<String, String> external = new HashMap<>();
    private Optional<MemorySegment> raw = Optional.empty();
    private String name = "";
    private long code;
    private long location;
    private boolean strings;
    private boolean segmented;

    Fields(WireReader in) {
      this.in = in;
      while (in.next()) {
        switch (in.field()) {
          case 1 -> in.varints(dims);
          case 2 -> code = in.varint();
          case 3 -> {
            in.skip();
            segmented = true;
          }
          case 4 -> fixed.add(in.fixedBytes(4));
          case 5, 7, 11 -> in.varints(integers);
          case 6 -> {
            in.skip();
            strings = true;
          }
          case 8 -> name = in.string();
          case 9 -> raw = Optional.of(in.bytes());
          case 10 -> fixed.add(in.fixedBytes(8));
          case 13 -> readExternal(in.message());
          case 14 -> location = in.varint();
          default -> in.skip();
        }
      }
    }

    private void readExternal(WireReader entry) {
      String key = "";
      String value = "";
      while (entry.next()) {
        switch (entry.field()) {
          case 1 -> key = entry.string();
          case 2 -> value = entry.string();
          default -> entry.skip();
        }
      }
      external.put(key, value);
    }

    Tensor tensor() {
      DType dtype = DType.ofCode(code)
          .orElseThrow(() -> refuse("element type: " + code + " (expected: a type that ONNX defines, 1 to 26)"));
      if (dtype == DType.STRING || strings) {
        throw refuse("element type: string (expected: a numeric type; Slipway does not store strings)");
      }
      if (segmented) {
        throw refuse("segment: given (expected: none; tensors in segments were never part of a released ONNX)");
      }
      TensorType type = type(dtype);
      long bytes = bytes(type);
      if (location == EXTERNAL) {
        return new Tensor(type, exactly(bytes, external(bytes)));
      }
      if (raw.isPresent()) {
        return new Tensor(type, exactly(bytes, raw.get()));
      }
      if (!fixed.isEmpty()) {
        return new Tensor(type, exactly(bytes, joined()));
      }
      return unpacked(type);
    }

    private TensorType type(DType dtype) {
      for (long dim : dims.toArray()) {
        if (dim < 0) {
          throw refuse("dimensions: " + Shape.text(dims.toArray()) + " (expected: numbers >= 0)");
        }
      }
      return TensorType.of(dtype, dims.toArray());
    }

    private long bytes(TensorType type) {
      try {
        return type.bytes();
      } catch (SlipwayException e) {
        throw refuse(e.getMessage());
      }
    }

    private MemorySegment external(long bytes) {
      String place = external.getOrDefault("location", "");
      long offset = number("offset").orElse(0L);
      return in.source().external(name, place, offset, Optional.of(number("length").orElse(bytes)));
    }

    private Optional<Long> number(String key) {
      try {
        return Optional.ofNullable(external.get(key)).map(Long::valueOf);
      } catch (NumberFormatException e) {
        throw refuse("external data " + key + ": " + external.get(key) + " (expected: a number)");
      }
    }

    private MemorySegment exactly(long bytes, MemorySegment data) {
      if (data.byteSize() != bytes) {
        throw refuse("data: " + data.byteSize() + " bytes (expected: " + bytes + " for "
            + DType.ofCode(code).orElseThrow() + Shape.text(dims.toArray()) + ")");
      }
      return data;
    }

    private MemorySegment joined() {
      if (fixed.size() == 1) {
        return fixed.getFirst();
      }
      long total = fixed.stream().mapToLong(MemorySegment::byteSize).sum();
      MemorySegment all = Arena.ofAuto().allocate(Math.max(total, 1), Tensor.ALIGNMENT);
      long at = 0;
      for (MemorySegment part : fixed) {
        MemorySegment.copy(part, 0, all, at, part.byteSize());
        at += part.byteSize();
      }
      return all.asSlice(0, total);
    }

    /** Elements stored as varints: the low bits of each are one element, or one byte of packed elements. */
    private Tensor unpacked(TensorType type) {
      long perNumber = type.dtype().bits() >= 8 ? 1 : 8 / type.dtype().bits();
      long expected = Math.ceilDiv(type.shape().elementCount(), perNumber);
      if (integers.size() != expected || (type.dtype().isComplex() && expected > 0)) {
        throw refuse("data: " + integers.size() + " numbers (expected: " + expected + " for " + type + ")");
      }
      Tensor tensor = Tensor.allocate(type);
      int width = Math.max(1, type.dtype().bits() / 8);
      for (int i = 0; i < integers.size(); i++) {
        put(tensor.data(), width, i, integers.get(i));
      }
      return tensor;
    }

    private static void put(MemorySegment data, int width, long index, long value) {
      if (width == 8) {
        data.set(LONG, index * 8, value);
        return;
      }
      for (int i = 0; i < width; i++) {
        data.set(ValueLayout.JAVA_BYTE, index * width + i, (byte) (value >>> (8 * i)));
      }
    }

    private SlipwayException refuse(String what) {
      return in.corrupt("tensor " + (name.isEmpty() ? "without a name" : name) + ": " + what);
    }
  }
}
