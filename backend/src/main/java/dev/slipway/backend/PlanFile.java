package dev.slipway.backend;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * Plans as files: a table of sections, each with a checksum (CRC-32C), each at a multiple of 64 bytes. Constants are
 * mapped when the file is read, not copied; their checksum is taken of what reading the file gives, so that only those
 * that kernels touch become resident. The same plan gives the same bytes.
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
  public static final int VERSION = 2;

  private static final byte[] MAGIC = "SLIPPLAN".getBytes(StandardCharsets.US_ASCII);
  private static final int ALIGNMENT = 64;
  private static final int NAME_BYTES = 16;
  private static final int ENTRY_BYTES = NAME_BYTES + 8 + 8 + 4 + 4;
  private static final int MOST_SECTIONS = 16;
  private static final long LONGEST_INLINE_CONSTANT = 16;
  private static final String DATA = "data";
  private static final int PIECE_BYTES = 1 << 18;
  private static final int LONGEST_SECTION = 1 << 30;

  private PlanFile() {}

  private record Section(String name, MemorySegment bytes) {}

  /**
   * Writes a plan to a temporary file beside the target and moves it there.
   *
   * @throws SlipwayException where the file cannot be written
   */
  public static void write(Plan plan, Path file) {
    try {
      AtomicFile.write(file, channel -> new Writer().write(plan, channel));
    } catch (IOException e) {
      throw new SlipwayException("plan " + file + ": cannot be written: " + FileFailure.reason(e)
          + " (expected: a path in a folder that exists and is writable)", e);
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
      return new Reader(file, channel, arena).read();
    } catch (IOException e) {
      throw new SlipwayException("plan " + file + ": cannot be read: " + FileFailure.reason(e), e);
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
      long offset = align(MAGIC.length + 8L + (long) ENTRY_BYTES * count + 4);
      ByteBuffer header = ByteBuffer.allocate((int) offset);
      header.put(MAGIC).putInt(VERSION).putInt(count);
      for (Section section : sections) {
        entry(header, section.name(), offset, section.bytes().byteSize(), checksum(section.bytes()));
        offset = align(offset + section.bytes().byteSize());
      }
      entry(header, DATA, offset, dataBytes, dataChecksum());
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
    private final FileChannel channel;
    private final Arena arena;
    private final Map<String, byte[]> sections = new LinkedHashMap<>();
    private Optional<MemorySegment> data = Optional.empty();

    Reader(Path file, FileChannel channel, Arena arena) {
      this.file = file;
      this.channel = channel;
      this.arena = arena;
    }

    Plan read() throws IOException {
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

    private void readTable() throws IOException {
      int startBytes = MAGIC.length + 8;
      if (channel.size() < startBytes) {
        throw new SlipwayException(
            "plan " + file + ": " + channel.size() + " bytes (expected: a plan written by slipway build)");
      }
      ByteBuffer start = ByteBuffer.wrap(bytes(0, startBytes));
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
      if (count < 1 || count > MOST_SECTIONS || startBytes + ENTRY_BYTES * count + 4 > channel.size()) {
        throw damaged("section table: " + count + " sections");
      }
      int tableEnd = startBytes + ENTRY_BYTES * count;
      ByteBuffer table = ByteBuffer.wrap(bytes(0, tableEnd + 4));
      if (table.getInt(tableEnd) != checksum(table.array(), tableEnd)) {
        throw damaged("section table: checksum differs");
      }
      table.position(startBytes);
      for (int i = 0; i < count; i++) {
        readEntry(table);
      }
    }

    private byte[] bytes(long offset, int length) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, offset + bytes.position()) < 0) {
          throw damaged("truncated");
        }
      }
      return bytes.array();
    }

    private void readEntry(ByteBuffer table) throws IOException {
      byte[] name = new byte[NAME_BYTES];
      table.get(name);
      String section = new String(name, StandardCharsets.US_ASCII).trim();
      long offset = table.getLong();
      long length = table.getLong();
      int expected = table.getInt();
      table.getInt();
      if (offset < 0 || length < 0 || offset > channel.size() || length > channel.size() - offset) {
        throw damaged("section " + section + ": truncated");
      }
      if (section.equals(DATA)) {
        data = Optional.of(channel.map(FileChannel.MapMode.READ_ONLY, offset, length, arena));
        require(checksumOfFile(offset, length) == expected, section);
        return;
      }
      if (length > LONGEST_SECTION) {
        throw damaged("section " + section + ": " + length + " bytes");
      }
      byte[] bytes = bytes(offset, (int) length);
      require(checksum(bytes, bytes.length) == expected, section);
      sections.put(section, bytes);
    }

    private static int checksum(byte[] bytes, int length) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, 0, length);
      return (int) crc.getValue();
    }

    private void require(boolean intact, String section) {
      if (!intact) {
        throw damaged("section " + section + ": checksum differs");
      }
    }

    /** Of a part of the file, read in pieces: through the mapping every page would become resident. */
    private int checksumOfFile(long offset, long length) throws IOException {
      CRC32C crc = new CRC32C();
      ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(length, PIECE_BYTES));
      long at = 0;
      while (at < length) {
        piece.clear().limit((int) Math.min(length - at, PIECE_BYTES));
        int read = channel.read(piece, offset + at);
        if (read < 0) {
          throw damaged("truncated");
        }
        crc.update(piece.flip());
        at += read;
      }
      return (int) crc.getValue();
    }

    private DataInputStream input(String section) {
      byte[] bytes = sections.get(section);
      if (bytes == null) {
        throw damaged("section " + section + ": missing");
      }
      return new DataInputStream(new ByteArrayInputStream(bytes));
    }

    private MemorySegment data() {
      if (data.isEmpty()) {
        throw damaged("section " + DATA + ": missing");
      }
      return data.get();
    }

    private List<Tensor> constants() throws IOException {
      DataInputStream in = input("constants");
      MemorySegment data = data();
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
      return new Plan.Tuned(fingerprint, device, graph, choices, placed(in), placed(in));
    }

    private Map<String, MemorySegment> placed(DataInputStream in) throws IOException {
      MemorySegment data = data();
      Map<String, MemorySegment> segments = new TreeMap<>();
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        segments.put(text(in), data.asSlice(in.readLong(), in.readLong()));
      }
      return segments;
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
