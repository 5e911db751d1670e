package dev.slipway.backend;

import java.util.Objects;

/**
 * Memory of a device: an address that only the device can follow, never a segment. The {@link DeviceQueue} that
 * allocated it frees it.
 */
public record DeviceBuffer(long address, long bytes) {

  /** Stands for an input that is not there. */
  public static final DeviceBuffer NONE = new DeviceBuffer(0, 0);

  /** A part of it. */
  public DeviceBuffer slice(long offset, long size) {
    Objects.checkFromIndexSize(offset, size, bytes);
    return new DeviceBuffer(address + offset, size);
  }
}
