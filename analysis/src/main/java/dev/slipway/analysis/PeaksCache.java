package dev.slipway.analysis;

import dev.slipway.backend.Device;
import dev.slipway.backend.Peaks;
import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Peaks that were measured before, a text file for each device and number of threads. A file that cannot be read as
 * such counts as absent.
 */
public record PeaksCache(Path folder) {
  /** A system property: the folder, before the user's own. */
  public static final String PROPERTY = "slipway.cache";

  /** An environment variable: the folder of all caches of the user, {@code ~/.cache} where it is not set. */
  public static final String VARIABLE = "XDG_CACHE_HOME";

  private static final String HEADER = "slipway peaks 1";
  private static final String UNBOUNDED = "-";

  /** In the folder that the system property names, else in the user's. */
  public static PeaksCache ofUser() {
    String property = System.getProperty(PROPERTY, "");
    String caches = System.getenv().getOrDefault(VARIABLE, "");
    Path home = caches.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(caches);
    return new PeaksCache(property.isEmpty() ? home.resolve("slipway") : Path.of(property));
  }

  /** Where the peaks of a device are kept. */
  public Path file(Device device) {
    CRC32C digest = new CRC32C();
    digest.update((device.description() + "\n" + device.fingerprint()).getBytes(StandardCharsets.UTF_8));
    return folder.resolve("peaks-%s-%08x.txt".formatted(device.kind(), digest.getValue()));
  }

  /** What is known of a device; empty where nothing is. */
  public Optional<Peaks> read(Device device) {
    try {
      return parse(Files.readAllLines(file(device)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new SlipwayException("peaks " + file(device) + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }

  /** All peaks that are kept, by the description of their device. */
  public Map<String, Peaks> known() {
    Map<String, Peaks> known = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "peaks-*.txt")) {
      for (Path file : files) {
        List<String> lines = Files.readAllLines(file);
        parse(lines).ifPresent(peaks -> known.put(lines.get(1).replaceFirst("^# ", ""), peaks));
      }
    } catch (IOException | DirectoryIteratorException e) {
      return known;
    }
    return known;
  }

  /**
   * Keeps the peaks of a device.
   *
   * @throws SlipwayException where they cannot be kept
   */
  public void write(Device device, Peaks peaks) {
    Path file = file(device);
    try {
      Files.createDirectories(folder);
      AtomicFile.write(file, String.join("\n", lines(device, peaks)) + "\n");
    } catch (IOException e) {
      throw new SlipwayException(
          "peaks " + file + ": cannot be written: " + FileFailure.reason(e) + " (expected: a folder; -D" + PROPERTY
              + "=DIR names another)", e);
    }
  }

  static List<String> lines(Device device, Peaks peaks) {
    List<String> lines = new ArrayList<>();
    lines.add(HEADER);
    lines.add("# " + device.description());
    for (Peaks.Compute peak : peaks.compute()) {
      lines.add(String.join(
          " ", "compute", peak.unit(), peak.type().label(), "" + peak.threads(), "" + peak.perSecond()));
    }
    for (Peaks.Memory level : peaks.memory()) {
      String capacity = level.capacity() == Long.MAX_VALUE ? UNBOUNDED : "" + level.capacity();
      lines.add(String.join(" ", "memory", level.level(), capacity, "" + level.threads(), "" + level.bytesPerSecond()));
    }
    lines.add("launch " + peaks.launchNanos());
    return lines;
  }

  static Optional<Peaks> parse(List<String> lines) {
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      return Optional.empty();
    }
    List<Peaks.Compute> compute = new ArrayList<>();
    List<Peaks.Memory> memory = new ArrayList<>();
    double launch = Double.NaN;
    try {
      for (String line : lines.subList(1, lines.size())) {
        String[] words = line.split(" ");
        switch (words[0]) {
          case "compute" -> compute.add(new Peaks.Compute(
              words[1], type(words[2]), Integer.parseInt(words[3]), Double.parseDouble(words[4])));
          case "memory" -> memory.add(new Peaks.Memory(
              words[1],
              words[2].equals(UNBOUNDED) ? Long.MAX_VALUE : Long.parseLong(words[2]),
              Integer.parseInt(words[3]),
              Double.parseDouble(words[4])));
          case "launch" -> launch = Double.parseDouble(words[1]);
          default -> {}
        }
      }
      return Double.isNaN(launch) ? Optional.empty() : Optional.of(new Peaks(compute, memory, launch));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static DType type(String label) {
    for (DType type : DType.values()) {
      if (type.label().equals(label)) {
        return type;
      }
    }
    throw new IllegalArgumentException(label);
  }
}
