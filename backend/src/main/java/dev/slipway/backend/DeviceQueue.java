package dev.slipway.backend;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Work for a device with memory of its own, done in the order in which it is enqueued, and memory that lives as long as
 * the queue. Used by one thread at a time; {@link #close} waits for the work and frees the memory. Whatever the device
 * reports is a {@link dev.slipway.tensor.SlipwayException}, of the call that caused it or of a later one.
 */
public interface DeviceQueue extends AutoCloseable {

  /** Work that was recorded once and is enqueued as a whole. */
  interface Recording extends AutoCloseable {
    void enqueue();

    @Override
    void close();
  }

  /** Pieces of work that were recorded once, with the device's clock read between them. */
  interface TimedRecording extends AutoCloseable {
    /**
     * Runs the pieces, one after the other without the host in between, and waits for the last.
     *
     * @return nanoseconds that each took on the device, without what reading the clock takes
     */
    long[] nanos();

    @Override
    void close();
  }

  /** Memory of the device, aligned to 256 bytes, not cleared. */
  DeviceBuffer allocate(long bytes);

  /** Memory of the host, aligned to 64 bytes, that the device copies from and to at full speed. */
  MemorySegment allocateHost(long bytes);

  /** Enqueues a copy to the device; the memory must stay untouched until {@link #synchronize}. */
  void upload(MemorySegment from, DeviceBuffer to);

  /** Enqueues a copy to the host; the memory has it after {@link #synchronize}. */
  void download(DeviceBuffer from, MemorySegment to);

  /** Enqueues a copy inside the device. */
  void copy(DeviceBuffer from, DeviceBuffer to);

  /** Records what is enqueued meanwhile by this thread on this queue; nothing of it runs yet. */
  Recording record(Runnable work);

  /** Records pieces of work; nothing of it runs yet. */
  TimedRecording recordTimed(List<? extends Runnable> work);

  /** The times of a recording of pieces of work that runs once. */
  default long[] nanos(List<? extends Runnable> work) {
    try (TimedRecording recording = recordTimed(work)) {
      return recording.nanos();
    }
  }

  /** Waits for everything enqueued. */
  void synchronize();

  @Override
  void close();
}
