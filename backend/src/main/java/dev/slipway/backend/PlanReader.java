package dev.slipway.backend;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/** Checks and reads one plan, as {@link PlanFile} describes it. For one plan, not thread-safe. */
final class PlanReader {
  private static final int MOST_SECTIONS = 16;
  private static final int PIECE_BYTES = 1 << 18;
  private static final int LONGEST_SECTION = 1 << 30;

  private final Path file;
  private final FileChannel channel;
  private final Arena arena;
  private final Map<String, byte[]> sections = new LinkedHashMap<>();
  private Optional<MemorySegment> data = Optional.empty();

  PlanReader(Path file, FileChannel channel, Arena arena) {
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
    int startBytes = PlanFile.MAGIC.length + 8;
    if (channel.size() < startBytes) {
      throw new SlipwayException(
          "plan " + file + ": " + channel.size() + " bytes (expected: a plan written by slipway build)");
    }
    ByteBuffer start = ByteBuffer.wrap(bytes(0, startBytes));
    byte[] magic = new byte[PlanFile.MAGIC.length];
    start.get(magic);
    if (!Arrays.equals(magic, PlanFile.MAGIC)) {
      throw new SlipwayException("plan " + file + ": not a plan (expected: a file written by slipway build)");
    }
    int version = start.getInt();
    if (version != PlanFile.VERSION) {
      throw new SlipwayException("plan " + file + ": version " + version + " (expected: " + PlanFile.VERSION
          + "; build the plan again with this version of slipway)");
    }
    int count = start.getInt();
    if (count < 1 || count > MOST_SECTIONS || startBytes + PlanFile.ENTRY_BYTES * count + 4 > channel.size()) {
      throw damaged("section table: " + count + " sections");
    }
    int tableEnd = startBytes + PlanFile.ENTRY_BYTES * count;
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
    byte[] name = new byte[PlanFile.NAME_BYTES];
    table.get(name);
    String section = new String(name, StandardCharsets.US_ASCII).trim();
    long offset = table.getLong();
    long length = table.getLong();
    int expected = table.getInt();
    table.getInt();
    if (offset < 0 || length < 0 || offset > channel.size() || length > channel.size() - offset) {
      throw damaged("section " + section + ": truncated");
    }
    if (section.equals(PlanFile.DATA)) {
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
      throw damaged("section " + PlanFile.DATA + ": missing");
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
