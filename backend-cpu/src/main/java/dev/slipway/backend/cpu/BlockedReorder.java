package dev.slipway.backend.cpu;

/**
 * Copies between the layouts NCHW and NCHW[c]. Thread-safe: it holds no state of a call.
 *
 * @param batch N
 * @param channels C
 * @param spatial elements of one plane, H x W
 */
record BlockedReorder(int batch, int channels, int spatial) {
  /** Pixels that are copied for all channels of a block before others: c planes of them fit the first-level cache. */
  private static final int BLOCK_PIXELS = 512;

  private static final double NANOS_PER_BYTE = 0.15;

  /** Bytes of the blocked tensor. */
  long blockedBytes() {
    return (long) batch * blocks() * spatial * Memory.VECTOR_BYTES;
  }

  private int blocks() {
    return Math.ceilDiv(channels, Memory.LANES);
  }

  /** NCHW to NCHW[c]; channels that the last block has too many become zero. */
  void toBlocked(WorkerPool pool, long plain, long blocked) {
    run(pool, plain, blocked, true);
  }

  /** NCHW[c] to NCHW. */
  void toPlain(WorkerPool pool, long blocked, long plain) {
    run(pool, plain, blocked, false);
  }

  private void run(WorkerPool pool, long plain, long blocked, boolean toBlocked) {
    ImageUnits units = units(pool.threads());
    pool.run(units.count(), (unit, _) -> {
      int end = units.endPixel(unit, spatial);
      for (int block = units.firstChannel(unit, blocks()); block < units.endChannel(unit, blocks()); block++) {
        for (int pixel = units.firstPixel(unit, spatial); pixel < end; pixel += BLOCK_PIXELS) {
          int count = Math.min(BLOCK_PIXELS, end - pixel);
          reorder(plain, blocked, units.image(unit) * blocks() + block, pixel, count, toBlocked);
        }
      }
    });
  }

  private ImageUnits units(int threads) {
    int wanted = Chunks.wanted(blockedBytes() * NANOS_PER_BYTE, threads);
    return ImageUnits.of(batch, ImageUnits.firstParts(spatial, threads), wanted, 1, Math.max(1, spatial), blocks());
  }

  /** Clears the channels that the last block of a blocked tensor has too many. */
  void clearPadding(long blocked) {
    int valid = channels - (blocks() - 1) * Memory.LANES;
    for (int n = 0; n < batch; n++) {
      long plane = blocked + ((long) n * blocks() + blocks() - 1) * spatial * Memory.VECTOR_BYTES;
      for (int i = 0; i < spatial; i++) {
        long pixel = plane + (long) i * Memory.VECTOR_BYTES;
        Memory.clear(pixel + (long) valid * Float.BYTES, (long) (Memory.LANES - valid) * Float.BYTES);
      }
    }
  }

  private void reorder(long plain, long blocked, int plane, int first, int count, boolean toBlocked) {
    int block = plane % blocks();
    int lanes = Math.min(Memory.LANES, channels - block * Memory.LANES);
    long planeBytes = (long) spatial * Float.BYTES;
    long row = plain + ((long) plane / blocks() * channels + (long) block * Memory.LANES) * planeBytes
        + (long) first * Float.BYTES;
    long vectors = blocked + ((long) plane * spatial + first) * Memory.VECTOR_BYTES;
    for (int lane = 0; lane < lanes; lane++) {
      long from = row + lane * planeBytes;
      long to = vectors + (long) lane * Float.BYTES;
      if (toBlocked) {
        scatter(from, to, count);
      } else {
        gather(to, from, count);
      }
    }
    if (toBlocked && lanes < Memory.LANES) {
      for (int i = 0; i < count; i++) {
        long pixel = vectors + (long) i * Memory.VECTOR_BYTES;
        Memory.clear(pixel + (long) lanes * Float.BYTES, (long) (Memory.LANES - lanes) * Float.BYTES);
      }
    }
  }

  private static void scatter(long from, long to, int count) {
    for (int i = 0; i < count; i++) {
      Memory.set(to + (long) i * Memory.VECTOR_BYTES, Memory.get(from + (long) i * Float.BYTES));
    }
  }

  private static void gather(long from, long to, int count) {
    for (int i = 0; i < count; i++) {
      Memory.set(to + (long) i * Float.BYTES, Memory.get(from + (long) i * Memory.VECTOR_BYTES));
    }
  }
}
