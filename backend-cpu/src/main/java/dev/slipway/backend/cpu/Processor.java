package dev.slipway.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

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
      try (Stream<String> lines = Files.lines(CPUINFO)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
      } catch (IOException e) {
        return System.getProperty("os.arch");
      }
    }
    return System.getProperty("os.arch");
  }
}
