package dev.slipway.backend.cpu;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Tells versions of this module apart: a checksum of all its classes, the same whether they lie in a jar, whose
 * directory has their checksums, or in a folder.
 */
final class ModuleChecksum {
  /** In hexadecimal. Where the classes cannot be found it is another one in every process. */
  static final String VALUE = value();

  private ModuleChecksum() {}

  private static String value() {
    try {
      Path classes =
          Path.of(ModuleChecksum.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Long.toHexString(Files.isDirectory(classes) ? ofFolder(classes) : ofJar(classes));
    } catch (IOException | URISyntaxException e) {
      return UUID.randomUUID().toString();
    }
  }

  static long ofJar(Path jar) throws IOException {
    long sum = 0;
    try (ZipFile file = new ZipFile(jar.toFile())) {
      Enumeration<? extends ZipEntry> entries = file.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        if (counts(entry.getName())) {
          sum += mixed(entry.getName(), entry.getCrc());
        }
      }
    }
    return sum;
  }

  static long ofFolder(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(file -> counts(file.toString())).toList();
    }
    long sum = 0;
    for (Path file : files) {
      CRC32 checksum = new CRC32();
      checksum.update(Files.readAllBytes(file));
      sum += mixed(folder.relativize(file).toString().replace('\\', '/'), checksum.getValue());
    }
    return sum;
  }

  /** The module's descriptor is rewritten by the tool that packs jars. */
  private static boolean counts(String file) {
    return file.endsWith(".class") && !file.endsWith("module-info.class");
  }

  /** Spreads a class over all bits, so that the sum of all in any order tells which they are. */
  private static long mixed(String name, long checksum) {
    long bits = (long) name.hashCode() << Integer.SIZE ^ checksum;
    bits = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ bits >>> 27) * 0x94D049BB133111EBL;
    return bits ^ bits >>> 31;
  }
}
