package dev.slipway.builder;

import dev.slipway.backend.Device;
import dev.slipway.backend.Plan;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Times that were measured, by device and workload: a text file, one line for each candidate. Lines that cannot be read
 * are ignored with a notice; those of other devices are kept for them; a file that is something else is never replaced.
 * Several processes may write one file: each adds what it measured to what is there. Not thread-safe.
 */
final class TimingCache {
  private static final String KIND = "slipway timing cache ";
  private static final String HEADER = KIND + "2";
  private static final int COLUMNS = 6;
  private static final Object SAVING = new Object();

  private final Optional<Path> file;
  private final String device;
  private final Map<Key, List<Plan.Choice>> timings = new TreeMap<>();
  private final Map<Key, List<Plan.Choice>> added = new TreeMap<>();

  /** What was measured, and on what. */
  private record Key(String device, String workload) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int devices = device.compareTo(other.device);
      return devices != 0 ? devices : workload.compareTo(other.workload);
    }
  }

  private TimingCache(Optional<Path> file, String device) {
    this.file = file;
    this.device = device;
  }

  /**
   * Reads a cache; one that is not there is empty.
   *
   * @throws SlipwayException where the file cannot be read or is something else
   */
  static TimingCache open(Optional<Path> file, Device device, Consumer<String> notices) {
    TimingCache cache = new TimingCache(file, Workload.digest(device));
    if (file.isEmpty()) {
      return cache;
    }
    cache.timings.putAll(read(file.get(), notices));
    if (!cache.timings.isEmpty() && cache.timings.keySet().stream().noneMatch(key -> key.device.equals(cache.device))) {
      notices.accept("timing cache " + file.get() + ": has no times of " + device.description() + "; measuring anew");
    }
    return cache;
  }

  private static Map<Key, List<Plan.Choice>> read(Path file, Consumer<String> notices) {
    Map<Key, List<Plan.Choice>> read = new TreeMap<>();
    try {
      List<String> lines = Files.readAllLines(file);
      if (lines.isEmpty()) {
        return read;
      }
      if (!lines.getFirst().startsWith(KIND)) {
        throw unreadable(file, "no timing cache", null);
      }
      if (!lines.getFirst().equals(HEADER)) {
        notices.accept("timing cache " + file + ": not a timing cache of this version; measuring anew");
        return read;
      }
      long bad = lines.stream().skip(1).filter(line -> !parse(line, read)).count();
      if (bad > 0) {
        notices.accept("timing cache " + file + ": " + bad + " unreadable lines ignored");
      }
    } catch (NoSuchFileException e) {
      return read;
    } catch (IOException e) {
      throw unreadable(file, FileFailure.reason(e), e);
    }
    return read;
  }

  private static SlipwayException unreadable(Path file, String reason, IOException cause) {
    return new SlipwayException(
        "timing cache " + file + ": " + reason + " (expected: a file that a build wrote, or none yet)", cause);
  }

  private static boolean parse(String line, Map<Key, List<Plan.Choice>> into) {
    String[] columns = line.split("\t", -1);
    if (columns.length != COLUMNS) {
      return false;
    }
    try {
      TacticId tactic = new TacticId(columns[2], Integer.parseInt(columns[3]));
      double micros = Double.parseDouble(columns[5]);
      Plan.Choice timing = new Plan.Choice(tactic, TuningChoice.parse(columns[4]), micros);
      if (!(micros >= 0)) {
        return false;
      }
      into.computeIfAbsent(new Key(columns[0], columns[1]), key -> new ArrayList<>()).add(timing);
      return true;
    } catch (NumberFormatException | SlipwayException e) {
      return false;
    }
  }

  /** The times of a workload's candidates on this device; empty where none was measured. */
  List<Plan.Choice> find(String workload) {
    return timings.getOrDefault(new Key(device, workload), List.of());
  }

  /** Takes the place of what was known of the workload; times are kept as exact as the file has them. */
  void put(String workload, List<Plan.Choice> measured) {
    Key key = new Key(device, workload);
    List<Plan.Choice> kept = measured.stream().map(TimingCache::asWritten).toList();
    timings.put(key, kept);
    added.put(key, kept);
  }

  private static Plan.Choice asWritten(Plan.Choice timing) {
    return new Plan.Choice(timing.tactic(), timing.tuning(), Double.parseDouble(text(timing.micros())));
  }

  private static String text(double micros) {
    return String.format(Locale.ROOT, "%.3f", micros);
  }

  /**
   * Adds to the file what was put, by way of a temporary file that is moved.
   *
   * @throws SlipwayException where the file cannot be written
   */
  void save() {
    if (added.isEmpty() || file.isEmpty()) {
      return;
    }
    Path target = file.get().toAbsolutePath();
    Path guard = target.resolveSibling(target.getFileName() + ".lock");
    synchronized (SAVING) {
      try (FileChannel channel = FileChannel.open(guard, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.lock();
        Map<Key, List<Plan.Choice>> merged = read(target, notice -> {});
        merged.putAll(added);
        AtomicFile.write(target, text(merged));
        added.clear();
      } catch (IOException e) {
        throw new SlipwayException("timing cache " + target + ": cannot be written: " + FileFailure.reason(e)
            + " (expected: a path in a folder that exists and is writable)", e);
      }
    }
  }

  private static String text(Map<Key, List<Plan.Choice>> timings) {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    timings.forEach((key, candidates) -> candidates.forEach(timing -> text.append(String.join(
            "\t",
            key.device,
            key.workload,
            timing.tactic().name(),
            Integer.toString(timing.tactic().revision()),
            timing.tuning().toString(),
            text(timing.micros())))
        .append('\n')));
    return text.toString();
  }
}
