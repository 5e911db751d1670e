package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The files below a folder or in a zip archive, by their paths with forward slashes; hidden ones are left out. Several
 * threads may read at once.
 */
sealed interface FileTree extends AutoCloseable {
  /** Larger files are refused. */
  long MAX_BYTES = 1L << 28;

  /** In alphabetical order. */
  List<String> names();

  byte[] read(String name);

  @Override
  void close();

  static FileTree open(Path path) {
    try {
      return Files.isDirectory(path) ? Folder.of(path) : Zip.of(path);
    } catch (IOException e) {
      throw new SlipwayException("data set: " + path + " cannot be opened: " + FileFailure.reason(e)
          + " (expected: a folder or a zip archive)", e);
    }
  }

  /** Whether it is a folder or named as a zip archive. */
  static boolean isTree(Path path) {
    return Files.isDirectory(path) || path.toString().toLowerCase(Locale.ROOT).endsWith(".zip");
  }

  /** The folders that a file lies in; empty at the top. */
  static String folder(String name) {
    return name.substring(0, Math.max(name.lastIndexOf('/'), 0));
  }

  /** The last part of a path. */
  static String file(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** A path without the extension of its file. */
  static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
  }

  private static boolean isVisible(String name) {
    return Arrays.stream(name.split("/")).noneMatch(part -> part.startsWith(".") || part.equals("__MACOSX"));
  }

  private static SlipwayException tooLarge(String name, long bytes) {
    return new SlipwayException(name + ": " + bytes + " bytes (expected: at most " + MAX_BYTES + ")");
  }

  private static SlipwayException unreadable(String name, IOException e) {
    return new SlipwayException(name + ": cannot be read: " + FileFailure.reason(e), e);
  }

  /** Below a folder. */
  record Folder(Path root, List<String> names) implements FileTree {

    private static Folder of(Path root) throws IOException {
      try (Stream<Path> files = Files.walk(root)) {
        return new Folder(root, files.filter(Files::isRegularFile)
            .map(file -> root.relativize(file).toString().replace('\\', '/'))
            .filter(FileTree::isVisible)
            .sorted()
            .toList());
      }
    }

    @Override
    public byte[] read(String name) {
      Path file = root.resolve(name);
      try {
        long bytes = Files.size(file);
        if (bytes > MAX_BYTES) {
          throw tooLarge(name, bytes);
        }
        return Files.readAllBytes(file);
      } catch (IOException e) {
        throw unreadable(file.toString(), e);
      }
    }

    @Override
    public void close() {}
  }

  /** In an archive. */
  record Zip(ZipFile archive, List<String> names) implements FileTree {

    private static Zip of(Path path) throws IOException {
      ZipFile archive = new ZipFile(path.toFile());
      return new Zip(archive, archive.stream()
          .filter(entry -> !entry.isDirectory())
          .map(ZipEntry::getName)
          .filter(FileTree::isVisible)
          .sorted()
          .toList());
    }

    @Override
    public byte[] read(String name) {
      ZipEntry entry = archive.getEntry(name);
      try (InputStream in = archive.getInputStream(entry)) {
        byte[] bytes = in.readNBytes((int) MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw tooLarge(name, Math.max(entry.getSize(), bytes.length));
        }
        return bytes;
      } catch (IOException e) {
        throw unreadable(name, e);
      }
    }

    @Override
    public void close() {
      try {
        archive.close();
      } catch (IOException e) {
        throw unreadable(archive.getName(), e);
      }
    }
  }
}
