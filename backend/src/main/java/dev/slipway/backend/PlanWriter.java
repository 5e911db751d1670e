package dev.slipway.backend;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** Lays out and writes one plan, as {@link PlanFile} describes it. For one plan, not thread-safe. */
final class PlanWriter {
  private static final int ALIGNMENT = 64;
  private static final long LONGEST_INLINE_CONSTANT = 16;
  private static final long LONGEST_PIECE = 1L << 30;

  private final List<Tensor> constants = new ArrayList<>();
  private final Map<Tensor, Integer> constantNumbers = new IdentityHashMap<>();
  private final List<MemorySegment> data = new ArrayList<>();
  private long dataBytes;

  private record Section(String name, MemorySegment bytes) {}

  void write(Plan plan, FileChannel channel) throws IOException {
    List<Section> sections = new ArrayList<>();
    sections.add(section("manifest", out -> manifest(out, plan.manifest())));
    sections.add(section("portable", out -> graph(out, plan.portable().get())));
    if (plan.tuned().isPresent()) {
      sections.add(section("tuned", out -> tuned(out, plan.tuned().get())));
    }
    sections.add(section("constants", this::constantTable));
    writeSections(channel, sections);
  }

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private static Section section(String name, Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    body.write(new DataOutputStream(bytes));
    return new Section(name, MemorySegment.ofArray(bytes.toByteArray()));
  }

  private static void manifest(DataOutputStream out, Plan.Manifest manifest) throws IOException {
    text(out, manifest.model());
    text(out, manifest.modelDigest());
    text(out, manifest.precision());
    out.writeInt(manifest.profiles().size());
    for (OptimizationProfile profile : manifest.profiles()) {
      out.writeInt(profile.ranges().size());
      for (Map.Entry<String, OptimizationProfile.Range> input : profile.ranges().entrySet()) {
        text(out, input.getKey());
        numbers(out, input.getValue().min());
        numbers(out, input.getValue().opt());
        numbers(out, input.getValue().max());
      }
    }
    out.writeInt(manifest.metadata().size());
    for (Map.Entry<String, String> entry : manifest.metadata().entrySet()) {
      text(out, entry.getKey());
      text(out, entry.getValue());
    }
  }

  private void graph(DataOutputStream out, Graph graph) throws IOException {
    GraphPrinter.Portable printed = GraphPrinter.portable(graph, LONGEST_INLINE_CONSTANT);
    text(out, printed.text());
    out.writeInt(printed.constants().size());
    for (Tensor constant : printed.constants()) {
      out.writeInt(number(constant));
    }
  }

  private int number(Tensor constant) {
    return constantNumbers.computeIfAbsent(constant, tensor -> {
      constants.add(tensor);
      return constants.size() - 1;
    });
  }

  private void tuned(DataOutputStream out, Plan.Tuned tuned) throws IOException {
    text(out, tuned.fingerprint());
    text(out, tuned.device());
    graph(out, tuned.graph());
    out.writeInt(tuned.choices().size());
    for (Map.Entry<String, Plan.Choice> entry : tuned.choices().entrySet()) {
      text(out, entry.getKey());
      text(out, entry.getValue().tactic().name());
      out.writeInt(entry.getValue().tactic().revision());
      text(out, entry.getValue().tuning().toString());
      out.writeDouble(entry.getValue().micros());
    }
    placed(out, tuned.packed());
    placed(out, tuned.artifacts());
  }

  /** Names, and places in the data section. */
  private void placed(DataOutputStream out, Map<String, MemorySegment> segments) throws IOException {
    out.writeInt(segments.size());
    for (Map.Entry<String, MemorySegment> entry : segments.entrySet()) {
      text(out, entry.getKey());
      out.writeLong(append(entry.getValue()));
      out.writeLong(entry.getValue().byteSize());
    }
  }

  private void constantTable(DataOutputStream out) throws IOException {
    out.writeInt(constants.size());
    for (Tensor constant : constants) {
      long bytes = constant.type().bytes();
      out.writeInt(constant.dtype().code());
      numbers(out, constant.dims());
      out.writeLong(append(constant.data().asSlice(0, bytes)));
      out.writeLong(bytes);
    }
  }

  /** Takes a place in the data section. */
  private long append(MemorySegment bytes) {
    long offset = dataBytes;
    data.add(bytes);
    dataBytes = align(offset + bytes.byteSize());
    return offset;
  }

  private void writeSections(FileChannel channel, List<Section> sections) throws IOException {
    int count = sections.size() + 1;
    long offset = align(PlanFile.MAGIC.length + 8L + (long) PlanFile.ENTRY_BYTES * count + 4);
    ByteBuffer header = ByteBuffer.allocate((int) offset);
    header.put(PlanFile.MAGIC).putInt(PlanFile.VERSION).putInt(count);
    for (Section section : sections) {
      entry(header, section.name(), offset, section.bytes().byteSize(), checksum(section.bytes()));
      offset = align(offset + section.bytes().byteSize());
    }
    entry(header, PlanFile.DATA, offset, dataBytes, dataChecksum());
    header.putInt(checksum(MemorySegment.ofArray(header.array()).asSlice(0, header.position())));
    header.position(header.capacity());
    writeFully(channel, header.flip());
    for (Section section : sections) {
      writePadded(channel, section.bytes());
    }
    for (MemorySegment bytes : data) {
      writePadded(channel, bytes);
    }
  }

  private static int checksum(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    update(crc, bytes);
    return (int) crc.getValue();
  }

  private int dataChecksum() {
    CRC32C crc = new CRC32C();
    for (MemorySegment bytes : data) {
      update(crc, bytes);
      crc.update(new byte[(int) padding(bytes)]);
    }
    return (int) crc.getValue();
  }

  private static void update(CRC32C crc, MemorySegment bytes) {
    for (ByteBuffer piece : pieces(bytes)) {
      crc.update(piece);
    }
  }

  /** The bytes as buffers, which hold less than 2 GiB each. */
  private static List<ByteBuffer> pieces(MemorySegment bytes) {
    List<ByteBuffer> pieces = new ArrayList<>();
    for (long at = 0; at < bytes.byteSize(); at += LONGEST_PIECE) {
      pieces.add(bytes.asSlice(at, Math.min(LONGEST_PIECE, bytes.byteSize() - at)).asByteBuffer());
    }
    return pieces;
  }

  private static long padding(MemorySegment bytes) {
    return align(bytes.byteSize()) - bytes.byteSize();
  }

  private static void entry(ByteBuffer header, String name, long offset, long length, int checksum) {
    header.put(Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), PlanFile.NAME_BYTES));
    header.putLong(offset).putLong(length).putInt(checksum).putInt(0);
  }

  private static void writePadded(FileChannel channel, MemorySegment bytes) throws IOException {
    for (ByteBuffer piece : pieces(bytes)) {
      writeFully(channel, piece);
    }
    writeFully(channel, ByteBuffer.allocate((int) padding(bytes)));
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static long align(long offset) {
    return Math.ceilDiv(offset, ALIGNMENT) * ALIGNMENT;
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void numbers(DataOutputStream out, long[] numbers) throws IOException {
    out.writeInt(numbers.length);
    for (long number : numbers) {
      out.writeLong(number);
    }
  }
}
