package dev.slipway.onnx;

import dev.slipway.tensor.SlipwayException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads one message in protobuf's wire format from a segment of any size, without copying. Every length is checked
 * before it is used. The wire format: https://protobuf.dev/programming-guides/encoding/.
 *
 * <p>Use: {@code while (reader.next()) switch (reader.field()) { ... default -> reader.skip(); }}.
 */
final class WireReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private static final String DAMAGED = "; the file is cut off, damaged, or no ONNX model)";

  /** Messages within messages; a model nests three for each level of subgraphs. */
  private static final int DEEPEST = 200;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ModelSource source;
  private final long end;
  private final int depth;
  private long position;
  private long fieldStart;
  private int field;
  private int wireType;

  WireReader(ModelSource source) {
    this(source, 0, source.bytes().byteSize(), 0);
  }

  private WireReader(ModelSource source, long start, long end, int depth) {
    this.source = source;
    this.position = start;
    this.fieldStart = start;
    this.end = end;
    this.depth = depth;
  }

  /** Where the bytes come from. */
  ModelSource source() {
    return source;
  }

  /** Moves to the next field; false at the end of the message. */
  boolean next() {
    if (position == end) {
      return false;
    }
    fieldStart = position;
    long tag = rawVarint();
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    if (tag >>> 32 != 0 || field == 0) {
      throw corrupt("field number: " + (tag >>> 3) + " (expected: 1 to " + (1 << 29) + DAMAGED);
    }
    return true;
  }

  /** The number of the current field. */
  int field() {
    return field;
  }

  /** Passes over the current field. */
  void skip() {
    switch (wireType) {
      case VARINT -> rawVarint();
      case FIXED64 -> advance(8);
      case LENGTH -> advance(length());
      case FIXED32 -> advance(4);
      default -> throw corrupt("wire type: " + wireType + " (expected: 0, 1, 2 or 5" + DAMAGED);
    }
  }

  /** An integer, an enumeration or a bool. */
  long varint() {
    require(VARINT);
    return rawVarint();
  }

  float fixed32() {
    require(FIXED32);
    return Float.intBitsToFloat(rawInt());
  }

  String string() {
    MemorySegment bytes = bytes();
    if (bytes.byteSize() > Integer.MAX_VALUE - 8) {
      throw corrupt("string: " + bytes.byteSize() + " bytes (expected: less than 2^31)");
    }
    return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** A view of the bytes of the current field. */
  MemorySegment bytes() {
    require(LENGTH);
    long length = length();
    long start = position;
    advance(length);
    return source.bytes().asSlice(start, length);
  }

  /** A reader of the message in the current field. */
  WireReader message() {
    require(LENGTH);
    if (depth == DEEPEST) {
      throw corrupt("messages: nested deeper than " + DEEPEST + " (expected: fewer)");
    }
    long length = length();
    long start = position;
    advance(length);
    return new WireReader(source, start, position, depth + 1);
  }

  /** Adds the integers of the current field, packed or not. */
  void varints(Longs to) {
    if (wireType == VARINT) {
      to.add(rawVarint());
      return;
    }
    require(LENGTH);
    WireReader packed = packed();
    while (packed.position < packed.end) {
      to.add(packed.rawVarint());
    }
  }

  /** Adds the floats of the current field, packed or not. */
  void floats(List<Float> to) {
    if (wireType == FIXED32) {
      to.add(fixed32());
      return;
    }
    require(LENGTH);
    WireReader packed = packed();
    while (packed.position < packed.end) {
      to.add(Float.intBitsToFloat(packed.rawInt()));
    }
  }

  /** The bytes of the current field, which holds fixed-width elements, packed or one alone. */
  MemorySegment fixedBytes(int width) {
    if (wireType == (width == 4 ? FIXED32 : FIXED64)) {
      long start = position;
      advance(width);
      return source.bytes().asSlice(start, width);
    }
    MemorySegment bytes = bytes();
    if (bytes.byteSize() % width != 0) {
      throw corrupt("packed elements: " + bytes.byteSize() + " bytes (expected: a multiple of " + width + ")");
    }
    return bytes;
  }

  /** The error for a byte of this message: file, offset of the field, and what is wrong. */
  SlipwayException corrupt(String what) {
    return new SlipwayException(source.file() + ": byte " + fieldStart + ": " + what);
  }

  private WireReader packed() {
    long length = length();
    long start = position;
    advance(length);
    WireReader packed = new WireReader(source, start, position, depth);
    packed.fieldStart = fieldStart;
    return packed;
  }

  private void require(int expected) {
    if (wireType != expected) {
      throw corrupt("field " + field + " has wire type " + wireType + " (expected: " + expected + DAMAGED);
    }
  }

  private long length() {
    long length = rawVarint();
    if (length < 0 || length > end - position) {
      throw corrupt("field " + field + " takes " + Long.toUnsignedString(length) + " bytes (expected: at most "
          + (end - position) + ", which are left" + DAMAGED);
    }
    return length;
  }

  private void advance(long bytes) {
    if (bytes > end - position) {
      throw corrupt("field " + field + " takes " + bytes + " bytes (expected: at most " + (end - position)
          + ", which are left" + DAMAGED);
    }
    position += bytes;
  }

  private int rawInt() {
    long start = position;
    advance(4);
    return source.bytes().get(INT, start);
  }

  private long rawVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == end) {
        throw corrupt("number: cut off (expected: more bytes" + DAMAGED);
      }
      byte next = source.bytes().get(ValueLayout.JAVA_BYTE, position++);
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw corrupt("number: longer than 10 bytes (expected: at most 10" + DAMAGED);
  }
}
