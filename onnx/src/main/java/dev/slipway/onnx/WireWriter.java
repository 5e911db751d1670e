package dev.slipway.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects one message in protobuf's wire format. Large data are held as views until the message is written out. The
 * wire format: https://protobuf.dev/programming-guides/encoding/.
 */
final class WireWriter {
  private static final int VARINT = 0;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  /** Shorter data are copied. */
  private static final long VIEWED = 1024;

  private static final int CHUNK = 1 << 20;

  private final List<MemorySegment> parts = new ArrayList<>();
  private ByteArrayOutputStream current = new ByteArrayOutputStream();
  private long finished;

  /** Bytes of the message. */
  long size() {
    return finished + current.size();
  }

  WireWriter varint(int field, long value) {
    tag(field, VARINT);
    rawVarint(value);
    return this;
  }

  WireWriter fixed32(int field, float value) {
    tag(field, FIXED32);
    int bits = Float.floatToRawIntBits(value);
    for (int shift = 0; shift < 32; shift += 8) {
      current.write(bits >>> shift);
    }
    return this;
  }

  WireWriter string(int field, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    tag(field, LENGTH);
    rawVarint(bytes.length);
    current.writeBytes(bytes);
    return this;
  }

  /** A string where it is not empty, which is what a reader takes an absent one for. */
  WireWriter optionalString(int field, String value) {
    return value.isEmpty() ? this : string(field, value);
  }

  WireWriter bytes(int field, MemorySegment value) {
    tag(field, LENGTH);
    rawVarint(value.byteSize());
    append(value);
    return this;
  }

  WireWriter message(int field, WireWriter message) {
    tag(field, LENGTH);
    rawVarint(message.size());
    message.finish();
    message.parts.forEach(this::append);
    return this;
  }

  /** The whole message, which must be shorter than 2^31 bytes. */
  byte[] toByteArray() {
    finish();
    byte[] all = new byte[Math.toIntExact(finished)];
    int at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, ValueLayout.JAVA_BYTE, 0, all, at, (int) part.byteSize());
      at += (int) part.byteSize();
    }
    return all;
  }

  void writeTo(WritableByteChannel channel) throws IOException {
    finish();
    for (MemorySegment part : parts) {
      write(part, channel);
    }
  }

  /** Writes a segment of any size. */
  static void write(MemorySegment segment, WritableByteChannel channel) throws IOException {
    for (long at = 0; at < segment.byteSize(); at += CHUNK) {
      ByteBuffer buffer = segment.asSlice(at, Math.min(CHUNK, segment.byteSize() - at)).asByteBuffer();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }

  private void append(MemorySegment bytes) {
    if (bytes.byteSize() < VIEWED) {
      current.writeBytes(bytes.toArray(ValueLayout.JAVA_BYTE));
      return;
    }
    finish();
    parts.add(bytes);
    finished += bytes.byteSize();
  }

  private void finish() {
    if (current.size() > 0) {
      finished += current.size();
      parts.add(MemorySegment.ofArray(current.toByteArray()));
      current = new ByteArrayOutputStream();
    }
  }

  private void tag(int field, int wireType) {
    rawVarint((long) field << 3 | wireType);
  }

  private void rawVarint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      current.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    current.write((int) rest);
  }
}
