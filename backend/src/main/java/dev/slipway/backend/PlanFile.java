package dev.slipway.backend;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * Plans as files: a table of sections, each with a checksum (CRC-32C), each at a multiple of 64 bytes. Constants are
 * mapped when the file is read, not copied. The same plan gives the same bytes.
 *
 * <pre>
 * 0   "SLIPPLAN", version (int32), number of sections (int32)
 * 16  for each section: name (16 bytes), offset (int64), length (int64), checksum (int32), 0 (int32)
 *     checksum of everything before it (int32)
 *     the sections: manifest, portable, tuned (may be absent), constants, data
 * </pre>
 *
 * Numbers are big-endian, tensors little-endian.
 */
public final class PlanFile {
  /** Raised with every change of the format. */
  public static final int VERSION = 1;

  private static final byte[] MAGIC = "SLIPPLAN".getBytes(StandardCharsets.US_ASCII);
  private static final int ALIGNMENT = 64;
  private static final int NAME_BYTES = 16;
  private static final int ENTRY_BYTES = NAME_BYTES + 8 + 8 + 4 + 4;
  private static final int MOST_SECTIONS = 16;
  private static final long LONGEST_INLINE_CONSTANT = 16;

  private PlanFile() {}

  private record Section(String name, MemorySegment bytes) {}

  /**
   * Writes a plan to a temporary file beside the target and moves it there.
   *
   * @throws SlipwayException where the file cannot be written
   */
  public static void write(Plan plan, Path file) {
    Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        new Writer().write(plan, channel);
      }
      move(temporary, file);
    } catch (IOException e) {
      delete(temporary);
      throw new SlipwayException("plan " + file + ": cannot be written: " + reason(e)
          + " (expected: a path in a folder that exists and is writable)", e);
    } catch (RuntimeException e) {
      delete(temporary);
      throw e;
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + " " + e.getMessage();
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a file begins as a plan does. */
  public static boolean isPlan(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer start = ByteBuffer.allocate(MAGIC.length);
      channel.read(start);
      return Arrays.equals(start.array(), MAGIC);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Reads a plan; its constants live as long as the arena.
   *
   * @throws SlipwayException where the file is no plan, of another version, or damaged
   */
  public static Plan read(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new Reader(file, mapped).read();
    } catch (IOException e) {
      throw new SlipwayException("plan " + file + ": cannot be read: " + reason(e), e);
    }
  }

  private static int checksum(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    long step = 1L << 30;
    for (long at = 0; at < bytes.byteSize(); at += step) {
      crc.update(bytes.asSlice(at, Math.min(step, bytes.byteSize() - at)).asByteBuffer());
    }
    return (int) crc.getValue();
  }

  /** Lays out and writes one plan. */
  private static final class Writer {
    private final List<Tensor> constants = new ArrayList<>();
    private final Map<Tensor, Integer> constantNumbers = new IdentityHashMap<>();
    private final List<MemorySegment> data = new ArrayList<>();
    private long dataBytes;

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
      out.writeInt(tuned.packed().size());
      for (Map.Entry<String, MemorySegment> entry : tuned.packed().entrySet()) {
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
      long offset = align(MAGIC.length + 8L + (long) ENTRY_BYTES * count + 4);
      ByteBuffer header = ByteBuffer.allocate((int) offset);
      header.put(MAGIC).putInt(VERSION).putInt(count);
      for (Section section : sections) {
        entry(header, section.name(), offset, section.bytes().byteSize(), checksum(section.bytes()));
        offset = align(offset + section.bytes().byteSize());
      }
      entry(header, "data", offset, dataBytes, dataChecksum());
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

    private int dataChecksum() {
      CRC32C crc = new CRC32C();
      for (MemorySegment bytes : data) {
        long step = 1L << 30;
        for (long at = 0; at < bytes.byteSize(); at += step) {
          crc.update(bytes.asSlice(at, Math.min(step, bytes.byteSize() - at)).asByteBuffer());
        }
        crc.update(new byte[(int) (align(bytes.byteSize()) - bytes.byteSize())]);
      }
      return (int) crc.getValue();
    }

    private static void entry(ByteBuffer header, String name, long offset, long length, int checksum) {
      header.put(Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), NAME_BYTES));
      header.putLong(offset).putLong(length).putInt(checksum).putInt(0);
    }

    private static void writePadded(FileChannel channel, MemorySegment bytes) throws IOException {
      long step = 1L << 30;
      for (long at = 0; at < bytes.byteSize(); at += step) {
        writeFully(channel, bytes.asSlice(at, Math.min(step, bytes.byteSize() - at)).asByteBuffer());
      }
      writeFully(channel, ByteBuffer.allocate((int) (align(bytes.byteSize()) - bytes.byteSize())));
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

  /** Checks and reads one plan. */
  private static final class Reader {
    private final Path file;
    private final MemorySegment mapped;
    private final Map<String, MemorySegment> sections = new LinkedHashMap<>();

    Reader(Path file, MemorySegment mapped) {
      this.file = file;
      this.mapped = mapped;
    }

    Plan read() {
      readTable();
      try {
        List<Tensor> constants = constants();
        Plan.Manifest manifest = manifest(input("manifest"));
        Optional<Plan.Tuned> tuned =
            sections.containsKey("tuned") ? Optional.of(tuned(input("tuned"), constants)) : Optional.empty();
        return new Plan(manifest, once(() -> portable(constants)), tuned);
      } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
        throw damaged("a section cannot be read: " + e.getMessage(), e);
      }
    }

    private Graph portable(List<Tensor> constants) {
      try {
        return graph(input("portable"), constants);
      } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
        throw damaged("section portable cannot be read: " + e.getMessage(), e);
      }
    }

    private static <T> Supplier<T> once(Supplier<T> source) {
      return new Supplier<>() {
        private T value;

        @Override
        public synchronized T get() {
          if (value == null) {
            value = source.get();
          }
          return value;
        }
      };
    }

    private void readTable() {
      if (mapped.byteSize() < MAGIC.length + 8) {
        throw new SlipwayException("plan " + file + ": " + mapped.byteSize() + " bytes (expected: a plan written by slipway build)");
      }
      ByteBuffer start = mapped.asSlice(0, MAGIC.length + 8).asByteBuffer();
      byte[] magic = new byte[MAGIC.length];
      start.get(magic);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new SlipwayException("plan " + file + ": not a plan (expected: a file written by slipway build)");
      }
      int version = start.getInt();
      if (version != VERSION) {
        throw new SlipwayException("plan " + file + ": version " + version + " (expected: " + VERSION
            + "; build the plan again with this version of slipway)");
      }
      int count = start.getInt();
      long tableEnd = MAGIC.length + 8L + (long) ENTRY_BYTES * count;
      if (count < 1 || count > MOST_SECTIONS || tableEnd + 4 > mapped.byteSize()) {
        throw damaged("section table: " + count + " sections");
      }
      ByteBuffer table = mapped.asSlice(0, tableEnd + 4).asByteBuffer();
      if (table.getInt((int) tableEnd) != checksum(mapped.asSlice(0, tableEnd))) {
        throw damaged("section table: checksum differs");
      }
      table.position(MAGIC.length + 8);
      for (int i = 0; i < count; i++) {
        readEntry(table);
      }
    }

    private void readEntry(ByteBuffer table) {
      byte[] name = new byte[NAME_BYTES];
      table.get(name);
      String section = new String(name, StandardCharsets.US_ASCII).trim();
      long offset = table.getLong();
      long length = table.getLong();
      int expected = table.getInt();
      table.getInt();
      if (offset < 0 || length < 0 || offset > mapped.byteSize() || length > mapped.byteSize() - offset) {
        throw damaged("section " + section + ": truncated");
      }
      MemorySegment bytes = mapped.asSlice(offset, length);
      if (checksum(bytes) != expected) {
        throw damaged("section " + section + ": checksum differs");
      }
      sections.put(section, bytes);
    }

    private DataInputStream input(String section) {
      return new DataInputStream(new ByteArrayInputStream(bytes(section)
          .toArray(ValueLayout.JAVA_BYTE)));
    }

    private MemorySegment bytes(String section) {
      MemorySegment bytes = sections.get(section);
      if (bytes == null) {
        throw damaged("section " + section + ": missing");
      }
      return bytes;
    }

    private List<Tensor> constants() throws IOException {
      DataInputStream in = input("constants");
      MemorySegment data = bytes("data");
      int count = in.readInt();
      List<Tensor> constants = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int code = in.readInt();
        Optional<DType> dtype = DType.ofCode(code);
        if (dtype.isEmpty()) {
          throw damaged("constant of element type " + code);
        }
        TensorType type = TensorType.of(dtype.get(), numbers(in));
        constants.add(new Tensor(type, data.asSlice(in.readLong(), in.readLong())));
      }
      return constants;
    }

    private static Plan.Manifest manifest(DataInputStream in) throws IOException {
      String model = text(in);
      String digest = text(in);
      String precision = text(in);
      List<OptimizationProfile> profiles = new ArrayList<>();
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
        int inputs = in.readInt();
        for (int j = 0; j < inputs; j++) {
          ranges.put(text(in), new OptimizationProfile.Range(numbers(in), numbers(in), numbers(in)));
        }
        profiles.add(new OptimizationProfile(ranges));
      }
      Map<String, String> metadata = new TreeMap<>();
      int entries = in.readInt();
      for (int i = 0; i < entries; i++) {
        metadata.put(text(in), text(in));
      }
      return new Plan.Manifest(model, digest, precision, profiles, metadata);
    }

    private static Graph graph(DataInputStream in, List<Tensor> constants) throws IOException {
      String text = text(in);
      List<Tensor> used = new ArrayList<>();
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        used.add(constants.get(in.readInt()));
      }
      return GraphParser.parse(text, Operators::get, used);
    }

    private Plan.Tuned tuned(DataInputStream in, List<Tensor> constants) throws IOException {
      String fingerprint = text(in);
      String device = text(in);
      Graph graph = graph(in, constants);
      Map<String, Plan.Choice> choices = new TreeMap<>();
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        String node = text(in);
        TacticId tactic = new TacticId(text(in), in.readInt());
        choices.put(node, new Plan.Choice(tactic, TuningChoice.parse(text(in)), in.readDouble()));
      }
      MemorySegment data = bytes("data");
      Map<String, MemorySegment> packed = new TreeMap<>();
      int forms = in.readInt();
      for (int i = 0; i < forms; i++) {
        packed.put(text(in), data.asSlice(in.readLong(), in.readLong()));
      }
      return new Plan.Tuned(fingerprint, device, graph, choices, packed);
    }

    private static String text(DataInputStream in) throws IOException {
      int length = in.readInt();
      byte[] bytes = in.readNBytes(length);
      if (bytes.length != length) {
        throw new IOException("text of " + length + " bytes is cut off");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long[] numbers(DataInputStream in) throws IOException {
      int count = in.readInt();
      if (count < 0 || count > in.available() / 8) {
        throw new IOException("list of " + count + " numbers is cut off");
      }
      long[] numbers = new long[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = in.readLong();
      }
      return numbers;
    }

    private SlipwayException damaged(String what) {
      return new SlipwayException(message(what));
    }

    private SlipwayException damaged(String what, Throwable cause) {
      return new SlipwayException(message(what), cause);
    }

    private String message(String what) {
      return "plan " + file + ": damaged: " + what + " (expected: the file as slipway build wrote it; build it again)";
    }
  }
}
