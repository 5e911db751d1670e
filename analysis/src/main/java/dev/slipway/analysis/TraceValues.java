package dev.slipway.analysis;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The values of a run while it is traced: the first in memory, those that would exceed its share of it in a temporary
 * file, which is mapped. Closing ends the writing and removes the file's name; the values stay readable as long as
 * somebody has them. Not thread-safe.
 */
final class TraceValues implements AutoCloseable {
  /** Of the memory that the virtual machine may take: several traces are compared, beside the model itself. */
  private static final long SHARE = 8;
  private static final long WRITTEN_AT_ONCE = 1L << 30;

  private final long memory;
  private final Path folder;
  private final Map<String, Tensor> values = new LinkedHashMap<>();
  private Optional<FileChannel> file = Optional.empty();
  private long inMemory;

  TraceValues() {
    this(Runtime.getRuntime().maxMemory() / SHARE, Path.of(System.getProperty("java.io.tmpdir")));
  }

  /**
   * Values in little memory.
   *
   * @param memory in bytes
   * @param folder of the file
   */
  TraceValues(long memory, Path folder) {
    this.memory = memory;
    this.folder = folder;
  }

  /**
   * Keeps a value.
   *
   * @param value that nobody writes to any more
   * @throws SlipwayException where the file cannot be written
   */
  void put(String name, Tensor value) {
    long bytes = value.type().bytes();
    if (inMemory + bytes <= memory) {
      inMemory += bytes;
      values.put(name, value);
      return;
    }
    try {
      values.put(name, written(value));
    } catch (IOException e) {
      throw new SlipwayException("values of the run: cannot be written to " + folder + ": " + FileFailure.reason(e)
          + " (expected: room for them; -Djava.io.tmpdir=DIR names another folder)", e);
    }
  }

  /** Gives a value that is kept, a constant or an input another name. */
  void putAgain(String name, Tensor value) {
    values.put(name, value);
  }

  Optional<Tensor> find(String name) {
    return Optional.ofNullable(values.get(name));
  }

  Trace trace() {
    return new Trace(values);
  }

  private Tensor written(Tensor value) throws IOException {
    FileChannel channel = file();
    long start = channel.size();
    MemorySegment data = value.data().asSlice(0, value.type().bytes());
    for (long at = 0; at < data.byteSize(); at += WRITTEN_AT_ONCE) {
      ByteBuffer part = data.asSlice(at, Math.min(WRITTEN_AT_ONCE, data.byteSize() - at)).asByteBuffer();
      while (part.hasRemaining()) {
        channel.write(part, channel.size());
      }
    }
    return new Tensor(value.type(), channel.map(MapMode.READ_ONLY, start, data.byteSize(), Arena.ofAuto()));
  }

  private FileChannel file() throws IOException {
    if (file.isEmpty()) {
      Path path = Files.createTempFile(folder, "slipway-values", ".tmp");
      file = Optional.of(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE));
    }
    return file.get();
  }

  @Override
  public void close() {
    file.ifPresent(channel -> {
      try {
        channel.close();
      } catch (IOException e) {
        throw new SlipwayException("values of the run: " + FileFailure.reason(e) + " (expected: a file in " + folder
            + " that can be closed)", e);
      }
    });
  }
}
