package dev.slipway.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Keeps the times of one run's steps and copies. While the run is in progress it stores numbers and nothing else. */
final class RunClock implements RunObserver {
  private final List<RunTime.CopyTime> copies = new ArrayList<>();
  private long[] starts;
  private long[] ends;
  private int count;
  private long begin;
  private long outside;

  /** Begins now; makes room for so many steps. */
  RunClock(int steps) {
    starts = new long[steps];
    ends = new long[steps];
    begin = System.nanoTime();
  }

  @Override
  public void step(int index, long start, long end) {
    if (index >= starts.length) {
      starts = Arrays.copyOf(starts, 2 * index + 1);
      ends = Arrays.copyOf(ends, 2 * index + 1);
    }
    starts[index] = start;
    ends[index] = end;
    count = index + 1;
  }

  @Override
  public void outside(long nanos) {
    if (count == 0 && copies.isEmpty()) {
      begin += nanos;
    } else {
      outside += nanos;
    }
  }

  @Override
  public void copy(boolean toDevice, long bytes, long start, long end) {
    copies.add(new RunTime.CopyTime(toDevice, bytes, start - begin, end - start));
  }

  /** What was told from when this was made to now. */
  RunTime read(List<StepWork> work) {
    long end = System.nanoTime() - outside;
    List<StepTime> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      steps.add(new StepTime(work.get(i), starts[i] - begin, ends[i] - starts[i]));
    }
    return new RunTime(begin, end - begin, steps, copies);
  }
}
