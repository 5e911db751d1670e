package dev.slipway.analysis;

import dev.slipway.backend.Peaks;
import java.util.Locale;

/** What keeps a layer from being faster than its roof. */
public enum Bound {
  /** The rate of arithmetic. */
  COMPUTE("compute"),
  L1("L1"),
  L2("L2"),
  L3("L3"),
  /** The rate at which the device's memory is read. */
  MEMORY("memory"),
  /** The time to have all threads, or the device, begin something. */
  LATENCY("latency"),
  /** The device's peaks are not known. */
  UNKNOWN("unknown");

  private final String label;

  Bound(String label) {
    this.label = label;
  }

  /** For people and files. */
  public String label() {
    return label;
  }

  static Bound of(Peaks.Memory level) {
    return valueOf(level.level().toUpperCase(Locale.ROOT));
  }
}
