package dev.slipway.backend.cpu;

/**
 * Copies between the layouts NCHW and NCHW[c]. Thread-safe: it holds no state of a call.
 *
 * @param batch N
 * @param channels C
 * @param spatial elements of one plane, H x W
 */
record BlockedReorder(int batch, int channels, int spatial) {
  /** Pixels of one unit of work: c planes of them fit the first-level cache. */
  private static final int UNIT_PIXELS = 512;

  /** Bytes of the blocked tensor. */
  long blockedBytes() {
    return (long) batch * blocks() * spatial * Memory.VECTOR_BYTES;
  }

  private int blocks() {
    return Math.ceilDiv(channels, Memory.LANES);
  }

  private int unitsPerPlane() {
    return Math.ceilDiv(spatial, UNIT_PIXELS);
  }

  /** NCHW to NCHW[c]; channels that the last block has too many become zero. */
  void toBlocked(WorkerPool pool, long plain, long blocked) {
    pool.run(batch * blocks() * unitsPerPlane(), (unit, worker) -> unit(plain, blocked, unit, true));
  }

  /** NCHW[c] to NCHW. */
  void toPlain(WorkerPool pool, long blocked, long plain) {
    pool.run(batch * blocks() * unitsPerPlane(), (unit, worker) -> unit(plain, blocked, unit, false));
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

  private void unit(long plain, long blocked, int unit, boolean toBlocked) {
    int part = unit % unitsPerPlane();
    int plane = unit / unitsPerPlane();
    int block = plane % blocks();
    int first = part * UNIT_PIXELS;
    int count = Math.min(UNIT_PIXELS, spatial - first);
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
