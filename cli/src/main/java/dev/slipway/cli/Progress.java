package dev.slipway.cli;

import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows what long work tells: lines of the form {@code TASK: 3 of 89 THINGS} move a bar on a terminal and are printed
 * now and then elsewhere; all others are printed.
 */
final class Progress implements Consumer<String>, AutoCloseable {
  private static final Pattern COUNT = Pattern.compile("(.*): (\\d+) of (\\d+) (.*)");
  private static final long BETWEEN_LINES_NANOS = 2_000_000_000L;

  private final Terminal terminal;
  private final boolean bars;
  private ProgressBar bar;
  private String task = "";
  private long lastLine = System.nanoTime() - BETWEEN_LINES_NANOS;

  Progress(Terminal terminal, boolean bars) {
    this.terminal = terminal;
    this.bars = bars;
  }

  @Override
  public void accept(String line) {
    Matcher count = COUNT.matcher(line);
    if (!count.matches()) {
      close();
      terminal.note(line);
    } else if (bars) {
      move(count.group(1), Long.parseLong(count.group(2)), Long.parseLong(count.group(3)));
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES_NANOS || count.group(2).equals(count.group(3))) {
      lastLine = System.nanoTime();
      terminal.note(line);
    }
  }

  private void move(String name, long done, long all) {
    if (bar == null || !task.equals(name)) {
      close();
      task = name;
      bar = new ProgressBarBuilder()
          .setTaskName(name)
          .setInitialMax(all)
          .setStyle(ProgressBarStyle.ASCII)
          .setUpdateIntervalMillis(200)
          .clearDisplayOnFinish()
          .build();
    }
    bar.stepTo(done);
  }

  /** Takes the bar off the terminal. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
