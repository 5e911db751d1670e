package dev.slipway.onnx;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The bytes of a model and the folder in which its external data lie. Files are mapped, not read; the mapping belongs
 * to an automatic arena, which the views of it keep alive, so that a graph needs no closing.
 */
final class ModelSource {
  private final String file;
  private final MemorySegment bytes;
  private final Optional<Path> folder;
  private final Map<Path, MemorySegment> external = new HashMap<>();

  ModelSource(String file, MemorySegment bytes, Optional<Path> folder) {
    this.file = file;
    this.bytes = bytes;
    this.folder = folder;
  }

  /** Maps a file. */
  static ModelSource map(Path path) {
    if (Files.isDirectory(path)) {
      throw new SlipwayException(path + ": a folder (expected: a file)");
    }
    return new ModelSource(path.toString(), mapped(path), Optional.of(path.toAbsolutePath().getParent()));
  }

  /** The name for messages. */
  String file() {
    return file;
  }

  MemorySegment bytes() {
    return bytes;
  }

  /**
   * A view of an external file.
   *
   * @param length bytes, or empty for all from the offset on
   */
  MemorySegment external(String tensor, String location, long offset, Optional<Long> length) {
    String where = file + ": tensor " + tensor + ": external data " + location + ": ";
    MemorySegment whole = external.computeIfAbsent(resolve(where, location), ModelSource::mapped);
    long size = whole.byteSize();
    long bytes = length.orElse(size - offset);
    if (offset < 0 || bytes < 0 || offset > size || bytes > size - offset) {
      throw new SlipwayException(where + "offset " + offset + " and length " + bytes + " (expected: within the file's "
          + size + " bytes; the file is too short or belongs to another model)");
    }
    return whole.asSlice(offset, bytes);
  }

  private Path resolve(String where, String location) {
    if (folder.isEmpty()) {
      throw new SlipwayException(where + "no folder is known (expected: a model that was read from a file)");
    }
    try {
      Path relative = Path.of(location);
      Path resolved = folder.get().resolve(relative).normalize();
      if (relative.isAbsolute() || location.startsWith("/") || location.startsWith("\\")
          || location.isEmpty() || !resolved.startsWith(folder.get().normalize())) {
        throw new SlipwayException(where + "outside the model's folder (expected: a relative path within it)");
      }
      if (!Files.isRegularFile(resolved)) {
        throw new SlipwayException(where + "missing (expected: a file in " + folder.get() + ")");
      }
      if (!resolved.toRealPath().startsWith(folder.get().toRealPath())) {
        throw new SlipwayException(where + "a link out of the model's folder (expected: a file within it)");
      }
      return resolved;
    } catch (InvalidPathException e) {
      throw new SlipwayException(where + "no path: " + e.getReason() + " (expected: a relative path)", e);
    } catch (IOException e) {
      throw new SlipwayException(where + "cannot be read: " + FileFailure.reason(e), e);
    }
  }

  private static MemorySegment mapped(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    } catch (NoSuchFileException e) {
      throw new SlipwayException(path + ": no such file (expected: an existing file)", e);
    } catch (IOException e) {
      throw new SlipwayException(path + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }
}
