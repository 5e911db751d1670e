package dev.slipway.builder;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time of this machine. On Linux disturbances are the ticks that the host stole ({@code /proc/stat}) and the
 * involuntary context switches of the thread that opened it; elsewhere none are known. Used by that thread alone.
 */
final class MachineTime implements TimeSource, AutoCloseable {
  private static final int STEAL_COLUMN = 8;
  private static final Pattern SWITCHES = Pattern.compile("nonvoluntary_ctxt_switches:\\s+(\\d+)");

  private final Optional<RandomAccessFile> machine = open("/proc/stat");
  private final Optional<RandomAccessFile> thread = open("/proc/thread-self/status");
  private final Optional<CompilationMXBean> compiler = Optional.ofNullable(ManagementFactory.getCompilationMXBean())
      .filter(CompilationMXBean::isCompilationTimeMonitoringSupported);
  private final byte[] buffer = new byte[4096];

  private static Optional<RandomAccessFile> open(String file) {
    try {
      return Optional.of(new RandomAccessFile(file, "r"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public long disturbances() {
    return machine.map(this::read).map(MachineTime::stolenTicks).orElse(0L)
        + thread.map(this::read).map(MachineTime::involuntarySwitches).orElse(0L);
  }

  @Override
  public long compilationMillis() {
    return compiler.map(CompilationMXBean::getTotalCompilationTime).orElse(0L);
  }

  /** The eighth number of the line {@code cpu  user nice system idle iowait irq softirq steal ...}. */
  static long stolenTicks(String stat) {
    String[] columns = stat.lines().findFirst().orElse("").split("\\s+");
    return columns.length > STEAL_COLUMN && columns[0].equals("cpu") ? Long.parseLong(columns[STEAL_COLUMN]) : 0;
  }

  static long involuntarySwitches(String status) {
    Matcher switches = SWITCHES.matcher(status);
    return switches.find() ? Long.parseLong(switches.group(1)) : 0;
  }

  private String read(RandomAccessFile file) {
    try {
      file.seek(0);
      int length = Math.max(file.read(buffer), 0);
      return new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    machine.ifPresent(MachineTime::close);
    thread.ifPresent(MachineTime::close);
  }

  private static void close(RandomAccessFile file) {
    try {
      file.close();
    } catch (IOException e) {
      throw new IllegalStateException("a file of /proc that was read cannot be closed", e);
    }
  }
}
