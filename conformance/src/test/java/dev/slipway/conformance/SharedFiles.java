package dev.slipway.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Models and data outside the checkout: a folder, and jars on the class path. Tests skip where they are absent. */
final class SharedFiles {
  private SharedFiles() {}

  /** A file of the shared folder. */
  static Path file(String path) {
    Path file = Path.of(System.getProperty("slipway.shared", "../shared"), path);
    assumeTrue(Files.exists(file), "shared data absent: " + path);
    return file;
  }

  /** The bytes of a resource of a jar. */
  static byte[] resource(String name) {
    try (InputStream in = ClassLoader.getSystemResourceAsStream(name)) {
      assumeTrue(in != null, "no jar on the class path has " + name);
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
