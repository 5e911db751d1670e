package dev.slipway.builder;

import dev.slipway.backend.Plan;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Fastest tactics that were measured, by workload and device: a text file, one line each. Lines that cannot be read
 * are ignored with a notice; a tactic that is gone or has another revision is measured again. Not thread-safe.
 */
final class TimingCache {
  private static final String HEADER = "slipway timing cache 1";

  private final Map<String, Plan.Choice> choices = new TreeMap<>();
  private final Optional<Path> file;
  private boolean changed;

  private TimingCache(Optional<Path> file) {
    this.file = file;
  }

  /** Reads a cache; one that is not there is empty. */
  static TimingCache open(Optional<Path> file, Consumer<String> notices) {
    TimingCache cache = new TimingCache(file);
    if (file.isEmpty() || !Files.exists(file.get())) {
      return cache;
    }
    try {
      List<String> lines = Files.readAllLines(file.get());
      if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
        notices.accept("timing cache " + file.get() + ": not a timing cache of this version; measuring anew");
        return cache;
      }
      long bad = lines.stream().skip(1).filter(line -> !cache.read(line)).count();
      if (bad > 0) {
        notices.accept("timing cache " + file.get() + ": " + bad + " unreadable lines ignored");
      }
    } catch (IOException e) {
      notices.accept("timing cache " + file.get() + ": cannot be read (" + e.getMessage() + "); measuring anew");
    }
    return cache;
  }

  private boolean read(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != 5) {
      return false;
    }
    try {
      TacticId tactic = new TacticId(fields[1], Integer.parseInt(fields[2]));
      double micros = Double.parseDouble(fields[4]);
      choices.put(fields[0], new Plan.Choice(tactic, TuningChoice.parse(fields[3]), micros));
      return micros >= 0;
    } catch (NumberFormatException | SlipwayException e) {
      return false;
    }
  }

  Optional<Plan.Choice> find(String workload) {
    return Optional.ofNullable(choices.get(workload));
  }

  void put(String workload, Plan.Choice choice) {
    choices.put(workload, choice);
    changed = true;
  }

  /** Writes what was added, to a temporary file that is moved. */
  void save() {
    if (!changed || file.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    choices.forEach((workload, choice) -> text.append(String.join(
            "\t",
            workload,
            choice.tactic().name(),
            Integer.toString(choice.tactic().revision()),
            choice.tuning().toString(),
            String.format(Locale.ROOT, "%.3f", choice.micros())))
        .append('\n'));
    Path target = file.get().toAbsolutePath();
    try {
      Path temporary = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".part");
      try {
        Files.writeString(temporary, text);
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new SlipwayException("timing cache " + target + ": cannot be written: " + e.getMessage()
          + " (expected: a path in a folder that exists and is writable)", e);
    }
  }
}
