package dev.slipway.backend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What a backend had compilers and libraries make for its device: machine code of generated kernels, algorithms that
 * were chosen. A plan keeps what its kernels ask for, so that nothing is compiled or searched when it is loaded.
 * Thread-safe.
 *
 * <p>The name of an artifact tells everything that it depends on besides the device's fingerprint.
 */
public final class Artifacts {
  private final ConcurrentMap<String, byte[]> known = new ConcurrentHashMap<>();
  private final AtomicLong made = new AtomicLong();
  private final List<Recording> recordings = new CopyOnWriteArrayList<>();

  /** An artifact, made now where it is not known; callers do not change it. */
  public byte[] get(String name, Supplier<byte[]> make) {
    byte[] artifact = known.get(name);
    if (artifact == null) {
      byte[] own = make.get();
      made.incrementAndGet();
      byte[] before = known.putIfAbsent(name, own);
      artifact = before == null ? own : before;
    }
    for (Recording recording : recordings) {
      recording.used.put(name, artifact);
    }
    return artifact;
  }

  /** Tells recordings of something that is at hand in another form; made only where one is open. */
  public void use(String name, Supplier<byte[]> make) {
    if (!recordings.isEmpty()) {
      get(name, make);
    }
  }

  /** How many were made, and not taken over. */
  public long made() {
    return made.get();
  }

  public boolean has(String name) {
    return known.containsKey(name);
  }

  /** Takes over what a plan has kept for a device with the same fingerprint. */
  public void addAll(Map<String, MemorySegment> artifacts) {
    artifacts.forEach((name, bytes) -> known.putIfAbsent(name, bytes.toArray(ValueLayout.JAVA_BYTE)));
  }

  /** Records what is asked for, by any thread, until it is closed. */
  public Recording record() {
    Recording recording = new Recording();
    recordings.add(recording);
    return recording;
  }

  /** What was asked for meanwhile. */
  public final class Recording implements AutoCloseable {
    private final Map<String, byte[]> used = new ConcurrentSkipListMap<>();

    private Recording() {}

    /** By name. */
    public Map<String, MemorySegment> used() {
      Map<String, MemorySegment> artifacts = new TreeMap<>();
      used.forEach((name, bytes) -> artifacts.put(name, MemorySegment.ofArray(bytes)));
      return Collections.unmodifiableMap(artifacts);
    }

    @Override
    public void close() {
      recordings.remove(this);
    }
  }
}
