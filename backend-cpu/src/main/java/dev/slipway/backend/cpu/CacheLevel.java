package dev.slipway.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A cache for data of the first processor.
 *
 * @param processors that share it
 */
record CacheLevel(int level, long bytes, int processors) {
  private static final Path SYSTEM = Path.of("/sys/devices/system/cpu/cpu0/cache");

  /** Those that Linux tells, the nearest first; none elsewhere. */
  static List<CacheLevel> ofThisMachine() {
    return read(SYSTEM);
  }

  static List<CacheLevel> read(Path folder) {
    List<CacheLevel> levels = new ArrayList<>();
    for (int index = 0; Files.isDirectory(folder.resolve("index" + index)); index++) {
      readIndex(folder.resolve("index" + index)).ifPresent(levels::add);
    }
    levels.sort(Comparator.comparingInt(CacheLevel::level));
    return levels;
  }

  private static Optional<CacheLevel> readIndex(Path folder) {
    try {
      if (text(folder, "type").equals("Instruction")) {
        return Optional.empty();
      }
      return Optional.of(new CacheLevel(
          Integer.parseInt(text(folder, "level")), bytes(text(folder, "size")),
          count(text(folder, "shared_cpu_list"))));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String text(Path folder, String file) throws IOException {
    return Files.readString(folder.resolve(file)).strip();
  }

  /** Of {@code 48K}, {@code 2M} or a plain number. */
  private static long bytes(String size) {
    long unit = size.endsWith("K") ? 1 << 10 : size.endsWith("M") ? 1 << 20 : 1;
    return unit * Long.parseLong(size.replaceFirst("[KM]$", ""));
  }

  /** Of a list as Linux writes it: {@code 0-3,8}. */
  private static int count(String list) {
    int count = 0;
    for (String range : list.split(",")) {
      String[] ends = range.split("-");
      count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
    }
    return count;
  }

  /** Bytes for each of so many threads, one on each processor. */
  long share(int threads) {
    return bytes / Math.clamp(threads, 1, processors);
  }
}
