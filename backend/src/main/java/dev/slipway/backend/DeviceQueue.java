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

  /** Points in the work of a queue, whose times on the device can be read. */
  interface Marks extends AutoCloseable {

    /** Enqueues a point, or records it: it is passed, each time anew, when what was enqueued before has ended. */
    void set(int index);

    /** From one point to a later one, both of them passed: after {@link DeviceQueue#synchronize}. */
    long nanos(int from, int to);

    @Override
    void close();
  }

  /** Memory of the device, aligned to 256 bytes, not cleared. */
  DeviceBuffer allocate(long bytes);

  /** Memory of the host, aligned to 64 bytes, that the device copies from and to at full speed. */
  MemorySegment allocateHost(long bytes);

  /** Frees memory before the queue is closed; what is enqueued must not use it. */
  void free(DeviceBuffer allocated);

  /** Frees memory of the host before the queue is closed; what is enqueued must not use it. */
  void freeHost(MemorySegment allocated);

  /** Enqueues a copy to the device; the memory must stay untouched until {@link #synchronize}. */
  void upload(MemorySegment from, DeviceBuffer to);

  /** Enqueues a copy to the host; the memory has it after {@link #synchronize}. */
  void download(DeviceBuffer from, MemorySegment to);

  /** Enqueues a copy inside the device. */
  void copy(DeviceBuffer from, DeviceBuffer to);

  /** Records what is enqueued meanwhile by this thread on this queue; nothing of it runs yet. */
  Recording record(Runnable work);

  /** So many points; the caller closes them. */
  Marks newMarks(int count);

  /**
   * Runs pieces of work, one after the other without the host in between, and waits for the last.
   *
   * @return nanoseconds that each took on the device, without what reading the clock takes
   */
  default long[] nanos(List<? extends Runnable> work) {
    int last = work.size();
    try (Marks marks = newMarks(last + 2);
        Recording recording = record(() -> {
          marks.set(0);
          for (int i = 0; i < last; i++) {
            work.get(i).run();
            marks.set(i + 1);
          }
          marks.set(last + 1);
        })) {
      recording.enqueue();
      synchronize();
      long empty = marks.nanos(last, last + 1);
      long[] nanos = new long[last];
      for (int i = 0; i < last; i++) {
        nanos[i] = Math.max(0, marks.nanos(i, i + 1) - empty);
      }
      return nanos;
    }
  }

  /** Waits for everything enqueued. */
  void synchronize();

  @Override
  void close();
}
