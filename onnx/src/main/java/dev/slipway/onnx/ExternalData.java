package dev.slipway.onnx;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects tensors that go to a file of their own. Offsets are multiples of {@value #ALIGNMENT}, so that a reader can
 * map them.
 *
 * @param location the file's name, relative to the model
 * @param smallest bytes from which on a tensor goes there
 */
record ExternalData(String location, long smallest, List<MemorySegment> parts) {
  private static final int ALIGNMENT = 64;

  /** Takes nothing. */
  static ExternalData none() {
    return new ExternalData("", Long.MAX_VALUE, List.of());
  }

  static ExternalData in(String location, long smallest) {
    return new ExternalData(location, smallest, new ArrayList<>());
  }

  boolean takes(MemorySegment data) {
    return data.byteSize() >= smallest;
  }

  /** Adds data and tells the TensorProto where they are. */
  WireWriter add(MemorySegment data, WireWriter tensor) {
    long offset = parts.stream().mapToLong(part -> aligned(part.byteSize())).sum();
    parts.add(data);
    tensor.message(13, entry("location", location));
    tensor.message(13, entry("offset", Long.toString(offset)));
    tensor.message(13, entry("length", Long.toString(data.byteSize())));
    return tensor.varint(14, 1);
  }

  void writeTo(FileChannel channel) throws IOException {
    for (MemorySegment part : parts) {
      WireWriter.write(part, channel);
      ByteBuffer padding = ByteBuffer.allocate((int) (aligned(part.byteSize()) - part.byteSize()));
      while (padding.hasRemaining()) {
        channel.write(padding);
      }
    }
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
  }

  private static WireWriter entry(String key, String value) {
    return new WireWriter().string(1, key).string(2, value);
  }
}
