package dev.slipway.backend.cpu;

import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;

/**
 * Activations of bytes between integer kernels: NCHW[c] with blocks of sixteen channels on every machine. Four
 * neighbouring bytes are what one instruction multiplies, sixteen are what a vector of sums becomes.
 *
 * <p>As a record the extents of such a tensor, and copies between it and NCHW. Thread-safe: it holds no state of a
 * call.
 *
 * @param batch N
 * @param channels C
 * @param spatial elements of one plane, H x W
 * @param elementBytes 1, or 4 for what kernels make of bytes in float32
 */
record ChannelBytes(int batch, int channels, int spatial, int elementBytes) {
  /** Channels of a block. */
  static final int BLOCK = 16;

  static final Layout LAYOUT = new Layout.Blocked(BLOCK);

  /** Of a copy between layouts. */
  private static final double NANOS_PER_BYTE = 0.3;

  static ChannelBytes of(TensorType type) {
    int[] dims = Requests.dims(type);
    int spatial = 1;
    for (int i = 2; i < dims.length; i++) {
      spatial *= dims[i];
    }
    return new ChannelBytes(dims[0], dims[1], spatial, type.dtype().bits() / Byte.SIZE);
  }

  static boolean isBlocked(TensorType type) {
    return type.layout().equals(LAYOUT);
  }

  /** Whether a tensor lies in blocks of sixteen channels or in order. */
  static boolean isTaken(TensorType type) {
    return isBlocked(type) || type.layout().equals(Layout.CONTIGUOUS);
  }

  int blocks() {
    return Math.ceilDiv(channels, BLOCK);
  }

  /** Bytes of the blocked tensor. */
  long bytes() {
    return (long) batch * blocks() * spatial * BLOCK * elementBytes;
  }

  /**
   * The units of work on all blocks, cut as other kernels cut theirs; none of an empty tensor.
   *
   * @param parts that the pixels of an image can be cut into: its pixels, or its rows
   * @param nanos of one thread for all
   */
  ImageUnits units(int threads, int parts, double nanos) {
    if (bytes() == 0) {
      return new ImageUnits(0, 1, 1, false);
    }
    int wanted = Chunks.wanted(nanos, threads);
    return ImageUnits.of(batch, ImageUnits.firstParts(spatial, threads), wanted, 1, parts, blocks());
  }

  /** NCHW to blocks; channels that the last block has too many become zero. */
  void toBlocked(WorkerPool pool, long plain, long blocked) {
    copy(pool, plain, blocked, true);
  }

  /** Blocks to NCHW. */
  void toPlain(WorkerPool pool, long blocked, long plain) {
    copy(pool, plain, blocked, false);
  }

  private void copy(WorkerPool pool, long plain, long blocked, boolean toBlocked) {
    ImageUnits units = units(pool.threads(), spatial, bytes() * NANOS_PER_BYTE);
    pool.run(units.count(), (unit, _) -> {
      int first = units.firstPixel(unit, spatial);
      int count = units.endPixel(unit, spatial) - first;
      int image = units.image(unit) * blocks();
      for (int block = units.firstChannel(unit, blocks()); block < units.endChannel(unit, blocks()); block++) {
        pixels(plain, blocked, image + block, first, count, toBlocked);
      }
    });
  }

  private void pixels(long plain, long blocked, int plane, int first, int count, boolean toBlocked) {
    int block = plane % blocks();
    int lanes = Math.min(BLOCK, channels - block * BLOCK);
    long row = plain
        + (((long) plane / blocks() * channels + (long) block * BLOCK) * spatial + first) * elementBytes;
    long pixels = blocked + ((long) plane * spatial + first) * BLOCK * elementBytes;
    if (elementBytes == 1) {
      ByteTransposition.run(row, pixels, spatial, lanes, count, toBlocked);
      return;
    }
    for (int lane = 0; lane < BLOCK; lane++) {
      long at = row + (long) lane * spatial * elementBytes;
      long to = pixels + (long) lane * elementBytes;
      if (!toBlocked && lane < lanes) {
        copy(to, BLOCK * elementBytes, at, elementBytes, count);
      } else if (toBlocked && lane < lanes) {
        copy(at, elementBytes, to, BLOCK * elementBytes, count);
      } else if (toBlocked) {
        clear(to, count);
      }
    }
  }

  private static void copy(long from, int fromStep, long to, int toStep, int count) {
    for (int i = 0; i < count; i++) {
      AddressSpace.setInt(to + (long) i * toStep, AddressSpace.getInt(from + (long) i * fromStep));
    }
  }

  /** Clears a channel of floats. */
  private static void clear(long to, int count) {
    for (int i = 0; i < count; i++) {
      AddressSpace.setInt(to + (long) i * BLOCK * Float.BYTES, 0);
    }
  }

  /** Clears the channels that the last block has too many. */
  void clearPadding(long address) {
    for (int n = 0; n < batch; n++) {
      clearPadding(address + n * (bytes() / batch), 0, spatial);
    }
  }

  /** Clears the channels that the last block has too many, of some pixels of one image. */
  void clearPadding(long image, int firstPixel, int endPixel) {
    int valid = channels - (blocks() - 1) * BLOCK;
    long plane = image + (long) (blocks() - 1) * spatial * BLOCK * elementBytes;
    for (int pixel = firstPixel; pixel < endPixel; pixel++) {
      long at = plane + (long) pixel * BLOCK * elementBytes;
      int first = valid * elementBytes;
      int whole = first & -Long.BYTES;
      if (whole < first) {
        long kept = (1L << (first - whole) * Byte.SIZE) - 1;
        AddressSpace.setLong(at + whole, AddressSpace.getLong(at + whole) & kept);
        whole += Long.BYTES;
      }
      for (int i = whole; i < BLOCK * elementBytes; i += Long.BYTES) {
        AddressSpace.setLong(at + i, 0);
      }
    }
  }

  static byte getByte(long address) {
    return AddressSpace.ALL.get(AddressSpace.BYTE, address & AddressSpace.ADDRESS_MASK);
  }

  static void setByte(long address, byte value) {
    AddressSpace.ALL.set(AddressSpace.BYTE, address & AddressSpace.ADDRESS_MASK, value);
  }
}
