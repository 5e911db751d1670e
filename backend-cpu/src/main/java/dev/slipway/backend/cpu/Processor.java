package dev.slipway.backend.cpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The processor that this JVM runs on. */
final class Processor {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private Processor() {}

  /** Name and what kernels use of it, for people. */
  static String description() {
    return Name.VALUE + ", " + (VectorSupport.usable() ? Memory.SPECIES.vectorBitSize() + "-bit vectors" : "scalar");
  }

  /** Read once, when it is first asked for. */
  private static final class Name {
    static final String VALUE = name();
  }

  private static String name() {
    if (Files.isReadable(CPUINFO)) {
      try (BufferedReader lines = Files.newBufferedReader(CPUINFO)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("model name")) {
            return line.substring(line.indexOf(':') + 1).strip();
          }
        }
      } catch (IOException e) {
        return System.getProperty("os.arch");
      }
    }
    return System.getProperty("os.arch");
  }
}
