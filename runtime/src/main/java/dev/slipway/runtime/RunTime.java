package dev.slipway.runtime;

import java.util.List;
import java.util.stream.LongStream;

/**
 * How long one run took and its parts. The steps follow each other without a gap where the host runs them; what is left
 * of the run lies before the first one, where inputs are bound, and behind the last one, where results are handed out.
 *
 * @param start value of {@link System#nanoTime} when the run began
 * @param copies between the host and a device with memory of its own
 */
public record RunTime(long start, long nanos, List<StepTime> steps, List<CopyTime> copies) {

  /**
   * A copy between the host and the device.
   *
   * @param start nanoseconds since the run began
   */
  public record CopyTime(boolean toDevice, long bytes, long start, long nanos) {}

  public RunTime {
    steps = List.copyOf(steps);
    copies = List.copyOf(copies);
  }

  /** Nanoseconds before the first step or copy: inputs are checked and bound. */
  public long inputNanos() {
    return Math.min(
        first(steps.stream().mapToLong(StepTime::start)),
        first(copies.stream().mapToLong(CopyTime::start)));
  }

  private long first(LongStream starts) {
    return starts.min().orElse(nanos);
  }

  /** Nanoseconds of all steps together. */
  public long stepNanos() {
    return steps.stream().mapToLong(StepTime::nanos).sum();
  }

  /** Nanoseconds of all copies between the host and the device. */
  public long copyNanos() {
    return copies.stream().mapToLong(CopyTime::nanos).sum();
  }

  /** Nanoseconds behind the last step or copy: results are handed out. */
  public long outputNanos() {
    long lastStep = steps.stream().mapToLong(step -> step.start() + step.nanos()).max().orElse(0);
    long lastCopy = copies.stream().mapToLong(copy -> copy.start() + copy.nanos()).max().orElse(0);
    return nanos - Math.max(lastStep, lastCopy);
  }

  /** Nanoseconds that lie between steps and copies: launches and waits on a device, nothing to speak of elsewhere. */
  public long betweenNanos() {
    return Math.max(0, nanos - inputNanos() - stepNanos() - copyNanos() - outputNanos());
  }
}
