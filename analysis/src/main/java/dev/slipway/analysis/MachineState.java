package dev.slipway.analysis;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the operating system and the virtual machine have counted so far. What cannot be read stays 0.
 *
 * @param stolenTicks processor time that the hypervisor gave to others, in hundredths of a second
 * @param busyTicks processor time of all processes
 * @param ownTicks of this one
 * @param preemptions of this process's threads: involuntary context switches
 */
record MachineState(
    long nanos,
    long stolenTicks,
    long busyTicks,
    long ownTicks,
    long preemptions,
    long collectionMillis,
    long compilationMillis) {
  private static final Path PROC = Path.of("/proc");

  static MachineState now() {
    return read(PROC);
  }

  static MachineState read(Path proc) {
    Processors all = Processors.read(proc.resolve("stat"));
    return new MachineState(
        System.nanoTime(),
        all.stolen,
        all.busy,
        ownTicks(proc.resolve("self/stat")),
        preemptions(proc.resolve("self/task")),
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .mapToLong(GarbageCollectorMXBean::getCollectionTime)
            .sum(),
        WarmUp.compilationMillis());
  }

  /** The first line of {@code /proc/stat}: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). */
  private record Processors(long stolen, long busy) {
    private static final int IDLE = 4;
    private static final int WAITING = 5;
    private static final int STOLEN = 8;

    static Processors read(Path file) {
      long stolen = 0;
      long busy = 0;
      for (String line : text(file).split("\n")) {
        String[] fields = line.split("\\s+");
        if (fields[0].equals("cpu") && fields.length > STOLEN) {
          stolen = Long.parseLong(fields[STOLEN]);
          for (int i = 1; i < STOLEN; i++) {
            busy += i == IDLE || i == WAITING ? 0 : Long.parseLong(fields[i]);
          }
        }
      }
      return new Processors(stolen, busy);
    }
  }

  /** User and system time: the 14th and 15th field, of which the second may hold spaces in parentheses. */
  private static long ownTicks(Path file) {
    String text = text(file);
    String[] fields = text.substring(text.lastIndexOf(')') + 1).strip().split(" ");
    return fields.length > 12 ? Long.parseLong(fields[11]) + Long.parseLong(fields[12]) : 0;
  }

  private static long preemptions(Path tasks) {
    long sum = 0;
    if (!Files.isDirectory(tasks)) {
      return sum;
    }
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        sum += text(thread.resolve("status")).lines()
            .filter(line -> line.startsWith("nonvoluntary_ctxt_switches:"))
            .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
            .sum();
      }
    } catch (IOException e) {
      return sum;
    }
    return sum;
  }

  /** Empty where there is no such file, as for a thread that has ended meanwhile. */
  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
